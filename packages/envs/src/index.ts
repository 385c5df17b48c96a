// Worlds are made of them.
export {
  boxSpace,
  CounterRandom,
  type DiscreteSpace,
  discreteSpace,
  RandomSource,
  type RowsSpace,
  rowsSpace,
  type Space,
  type Values,
} from '@coxswain/base';
export * from './batches.js';
export { checkWorld, type Finding } from './check/check-world.js';
export * from './configured.js';
export * from './definition.js';
export * from './digit-task.js';
export type { EpisodeExpert, EpisodeRules, ExpertView, Moment, Outcome } from './episode-rules.js';
export { EnvError, type EnvErrorCode, LONGEST_HORIZON } from './errors.js';
export * from './from-arrays.js';
export * from './gridworld-pinpad/index.js';
export * from './model-batches.js';
export * from './moving.js';
export * from './point-pads/index.js';
export { type RecordedSpaces, RecordedTrajectories, type Recording } from './recorded.js';
export * from './route.js';
export { selectEpisodes } from './selected.js';
export * from './single.js';
export * from './streams.js';
export * from './trajectories.js';
export type { Value } from './values.js';
export * from './world.js';
export * from './world-file.js';
