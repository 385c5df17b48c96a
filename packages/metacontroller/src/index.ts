export * from './alignment.js';
export * from './compile.js';
export * from './config.js';
export * from './discovery.js';
export * from './metacontroller.js';
export * from './readout.js';
export * from './steering.js';
export * from './supervised.js';
