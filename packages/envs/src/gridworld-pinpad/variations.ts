/** Settings of `world` that an adapter's model of cost is fitted at beside the defaults, as `key=value`. */
import { PAPER_PAIRS } from './tasks.js';

/** Sequences four times as long. */
export const LONG_WORLD: readonly string[] = [
  'world.size=7',
  'world.colours=8',
  'world.walls=4',
  `world.tasks=${PAPER_PAIRS.pretraining.join(',')}`,
  'world.horizon=100',
];
/** Fewer numbers a step from the host: what they cost is told apart from what long sequences do. */
export const ALL_SEEN = 'world.observation=allocentric';
