// Worlds are made of them.
export { boxSpace, CounterRandom, type DiscreteSpace, discreteSpace, type RowsSpace, rowsSpace } from '@coxswain/base';
export * from './definition.js';
export { EnvError, type EnvErrorCode, LONGEST_HORIZON } from './errors.js';
export * from './gridworld-pinpad/index.js';
export * from './streams.js';
export * from './trajectories.js';
export * from './world.js';
