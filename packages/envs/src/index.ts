// Worlds are made of it.
export { CounterRandom } from '@coxswain/base';
export * from './definition.js';
export * from './digit-task.js';
export { EnvError, type EnvErrorCode, LONGEST_HORIZON } from './errors.js';
export * from './gridworld-pinpad/index.js';
export * from './streams.js';
export * from './trajectories.js';
export * from './world.js';
