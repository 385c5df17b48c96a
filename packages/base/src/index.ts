export * from './counter-random.js';
export * from './errors.js';
export * from './exit-codes.js';
export * from './host-random.js';
export * from './none.js';
export * from './philox.js';
export * from './spaces.js';
export * from './two-words.js';
