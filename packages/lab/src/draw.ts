/** What draws: an entry of its own, for a program loads it only where there is something to draw. */
export * from './report/page.js';
export { SCRIPT } from './report/script.js';
export * from './report/standalone.js';
