// Worlds are made of it.
export { CounterRandom } from '@coxswain/base';
export * from './batches.js';
export * from './dataset.js';
export { EnvError, type EnvErrorCode, LONGEST_HORIZON } from './errors.js';
export * from './expert.js';
export * from './floor.js';
export * from './observation.js';
export * from './pinpad.js';
export * from './streams.js';
export * from './symmetry.js';
export * from './tasks.js';
export * from './touched.js';
export * from './world.js';
