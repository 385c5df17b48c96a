export { type Checkable, requireReadable } from './batch-checks.js';
export * from './cache.js';
export * from './config.js';
export * from './initialise.js';
export * from './model.js';
export * from './pretrain.js';
