export * from './cache.js';
export * from './config.js';
export * from './initialise.js';
export * from './model.js';
export * from './pretrain.js';
