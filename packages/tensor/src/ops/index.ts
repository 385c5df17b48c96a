export * from './attention.js';
export * from './elementwise.js';
export * from './linear.js';
export * from './losses.js';
export * from './norm.js';
export { accumulateRows, accumulateSum, mean, sum } from './reduce.js';
export { concat, expand, gatherRows, slice } from './shape.js';
