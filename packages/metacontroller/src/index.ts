export * from './alignment.js';
export * from './config.js';
export * from './discovery.js';
export * from './metacontroller.js';
export * from './supervised.js';
