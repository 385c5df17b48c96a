/**
 * What each phase is timed at for an adapter's model of cost: batch, width, depth, length of sequences and size of the
 * world differ.
 */
import { ALL_SEEN, LONG_WORLD } from '@coxswain/envs';
import type { Variation } from '@coxswain/lab';

/** RL there, with as many steps an episode as the world's tasks take. */
const LONG_TASK = [...LONG_WORLD, 'reinforce.task=012345670123', 'reinforce.horizon=100'];
export const DISCOVERY: readonly Variation[] = [
  { change: ['discover.batch=32'] },
  { change: ['discover.batch=256'] },
  { change: ['discover.batch=64', 'model.depth=8'] },
  { change: ['discover.batch=64', 'model.width=128', 'model.mlp=512'] },
  { change: ['discover.batch=16', 'model.width=256', 'model.mlp=512', 'model.depth=6'] },
  { change: ['discover.batch=64', 'metacontroller.history=64', 'metacontroller.sequence=64', 'metacontroller.rank=32'] },
  { change: ['discover.batch=32', ...LONG_WORLD] },
];

export const SUPERVISION: readonly Variation[] = [
  { change: ['supervise.batch=64'] },
  { change: ['supervise.batch=64', ...LONG_WORLD, ALL_SEEN] },
];

/** Hundreds of episodes, as in an update that learns something: products of fewer rows are slower. */
const updatesOf = (episodes: number): readonly Variation[] => [
  { steps: 3, change: [`internal.episodesPerUpdate=${episodes}`] },
  { steps: 1, change: [`internal.episodesPerUpdate=${episodes}`, 'model.width=128', 'model.mlp=512', ...LONG_TASK] },
  { steps: 1, change: [`internal.episodesPerUpdate=${episodes}`, 'model.width=256', 'model.mlp=512', ...LONG_TASK] },
];
export const UPDATES = updatesOf(384);
export const SHARED_UPDATES = updatesOf(768);
