export { gridMini } from './grid-mini.js';
export * from './shipped.js';
