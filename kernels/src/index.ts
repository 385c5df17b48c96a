export * from './declaration.js';
export * from './fill/index.js';
export * from './launch.js';
