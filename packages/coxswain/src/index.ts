export { main } from './command/main.js';
export * from './lists.js';
