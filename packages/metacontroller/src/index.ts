export * from './config.js';
export * from './metacontroller.js';
