export * from './copy-words/index.js';
export * from './declaration.js';
export * from './fill/index.js';
export * from './launch.js';
export * from './layer-norm/index.js';
export * from './matmul/index.js';
export * from './matmul/reference.js';
export * from './rms-norm/index.js';
