/** Timing of small training runs on an adapter, from which its cost model is fitted. */
import type { Device } from '@coxswain/tensor';
import type { Phase } from '../phase.js';
import { COLOUR_PAIR_TASKS } from '../settings/presets/tasks.js';
import { resolve } from '../settings/resolve.js';
import { type CostModel, fitCost, type Timed } from './fit.js';
import { ISOLATED, timeIsolated } from './isolated.js';
import { probeAlone } from './probe.js';

/** Differences from `grid-mini` in what cost depends on: batch, width, depth, length of sequences, size of the world. */
const LONG_WORLD = ['world.size=7', 'world.colours=8', 'world.walls=4', `world.tasks=${COLOUR_PAIR_TASKS.join(',')}`, 'world.horizon=100'];
/** Fewer numbers a step from the host: what they cost is told apart from what long sequences do. */
const ALL_SEEN = 'world.observation=allocentric';
const VARIATIONS: readonly { readonly phase: string; readonly change: readonly string[] }[] = [
  { phase: 'pretrain', change: ['pretrain.batch=32'] },
  { phase: 'pretrain', change: ['pretrain.batch=128'] },
  { phase: 'pretrain', change: ['pretrain.batch=64', 'model.depth=2'] },
  { phase: 'pretrain', change: ['pretrain.batch=64', 'model.depth=8'] },
  { phase: 'pretrain', change: ['pretrain.batch=64', 'model.width=32', 'model.mlp=64'] },
  { phase: 'pretrain', change: ['pretrain.batch=64', 'model.width=128', 'model.mlp=512'] },
  { phase: 'pretrain', change: ['pretrain.batch=16', 'model.width=256', 'model.mlp=512'] },
  { phase: 'pretrain', change: ['pretrain.batch=32', ...LONG_WORLD] },
  { phase: 'pretrain', change: ['pretrain.batch=32', 'model.width=128', 'model.depth=6', ...LONG_WORLD, ALL_SEEN] },
  { phase: 'discover', change: ['discover.batch=32'] },
  { phase: 'discover', change: ['discover.batch=256'] },
  { phase: 'discover', change: ['discover.batch=64', 'model.depth=8'] },
  { phase: 'discover', change: ['discover.batch=64', 'model.width=128', 'model.mlp=512'] },
  { phase: 'discover', change: ['discover.batch=16', 'model.width=256', 'model.mlp=512', 'model.depth=6'] },
  { phase: 'discover', change: ['discover.batch=64', 'metacontroller.history=64', 'metacontroller.sequence=64', 'metacontroller.rank=32'] },
  { phase: 'discover', change: ['discover.batch=32', ...LONG_WORLD] },
  { phase: 'supervise', change: ['supervise.batch=64'] },
  { phase: 'supervise', change: ['supervise.batch=64', ...LONG_WORLD, ALL_SEEN] },
  { phase: 'reinforce', change: ['internal.episodesPerUpdate=128'] },
  { phase: 'reinforce', change: ['internal.episodesPerUpdate=64', 'model.width=128', 'model.mlp=512', ...LONG_WORLD] },
];

/** Steps that are timed, after as many that are not; an update of RL is many. */
const STEPS = 12;
const UPDATES = 3;
/** Launches of work by itself. */
const TIMES = 20;
/** Times that all of them are run: a machine that others use too is not always as fast. */
const ROUNDS = 2;

/**
 * Times them all and work of one kind by itself, two to three minutes on a processor.
 * @param openDevice a device for each, closed afterwards.
 * @param tell called after each with what was measured.
 */
export async function calibrate(
  phases: readonly Phase[],
  openDevice: () => Promise<Device>,
  tell: (done: number, all: number, timed: Timed) => void,
): Promise<CostModel> {
  const measurements = [
    ...VARIATIONS.map(({ phase: name, change }) => async () => {
      const phase = phases.find((candidate) => candidate.name === name) as Phase;
      return probeAlone(phase, resolve('grid-mini', change), openDevice, name === 'reinforce' ? UPDATES : STEPS);
    }),
    ...ISOLATED.map((isolated) => async () => {
      const device = await openDevice();
      try {
        return await timeIsolated(isolated, device, TIMES);
      } finally {
        device.close();
      }
    }),
  ];
  const rounds: Timed[][] = measurements.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, measure] of measurements.entries()) {
      const { work, seconds } = await measure();
      rounds[i].push({ work, seconds });
      tell(round * measurements.length + i + 1, ROUNDS * measurements.length, { work, seconds });
    }
  }
  // The work is the same in every round.
  return fitCost(rounds.map((times) => ({ work: times[0].work, seconds: times.reduce((sum, { seconds }) => sum + seconds, 0) / ROUNDS })));
}
