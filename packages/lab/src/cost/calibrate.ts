/** Timing of small training runs on an adapter, from which its cost model is fitted. */
import { PAPER_PAIRS } from '@coxswain/envs';
import type { Device } from '@coxswain/tensor';
import { median } from 'd3-array';
import type { Phase } from '../phase.js';
import { resolve } from '../settings/resolve.js';
import { type CostModel, fitCost, fitSlowed, type Timed } from './fit.js';
import { ISOLATED, timeIsolated } from './isolated.js';
import { probeAlone } from './probe.js';
import { phaseCost } from './project.js';
import { openYardstick } from './yardstick.js';

/** Differences from `grid-mini` in what cost depends on: batch, width, depth, length of sequences, size of the world. */
const LONG_WORLD = [
  'world.size=7',
  'world.colours=8',
  'world.walls=4',
  `world.tasks=${PAPER_PAIRS.pretraining.join(',')}`,
  'world.horizon=100',
];
/** RL there, with as many steps an episode as the world's tasks take. */
const LONG_TASK = [...LONG_WORLD, 'reinforce.task=012345670123', 'reinforce.horizon=100'];
/** Fewer numbers a step from the host: what they cost is told apart from what long sequences do. */
const ALL_SEEN = 'world.observation=allocentric';
type Variation = {
  readonly phase: string;
  readonly change: readonly string[];
  /** Steps that are timed, after as many that are not (one, of RL); where absent `STEPS`. */
  readonly steps?: number;
};
const VARIATIONS: readonly Variation[] = [
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
  // Hundreds of episodes, as in an update that learns something: products of fewer rows are slower.
  { phase: 'reinforce', steps: 3, change: ['internal.episodesPerUpdate=384'] },
  { phase: 'reinforce', steps: 1, change: ['internal.episodesPerUpdate=384', 'model.width=128', 'model.mlp=512', ...LONG_TASK] },
  { phase: 'reinforce', steps: 1, change: ['internal.episodesPerUpdate=384', 'model.width=256', 'model.mlp=512', ...LONG_TASK] },
];

/** What devices that share work are timed at, where a phase can be shared. */
const SHARED: readonly Variation[] = [
  { phase: 'reinforce', steps: 3, change: ['internal.episodesPerUpdate=768'] },
  { phase: 'reinforce', steps: 1, change: ['internal.episodesPerUpdate=768', 'model.width=128', 'model.mlp=512', ...LONG_TASK] },
  { phase: 'reinforce', steps: 1, change: ['internal.episodesPerUpdate=768', 'model.width=256', 'model.mlp=512', ...LONG_TASK] },
];

/** Three times all lengths of sequences. */
const STEPS = 24;
/** Launches of work by itself. */
const TIMES = 50;
/** Times that all of them are run, for a median: a machine that others use too is not always as fast. */
const ROUNDS = 3;

/** Is told after each measurement what was measured. */
export type Tell = (done: number, all: number, timed: Timed) => void;

interface Measured extends Timed {
  /** Seconds of the yardstick in turns with it. */
  readonly beside: number;
}

/** All in turn, and again, at the speed that is usual meanwhile; of each the median. */
async function inRounds(measurements: readonly (() => Promise<Measured>)[], tell: Tell): Promise<{ timed: Timed[]; yardstick: number }> {
  const rounds = measurements.map((): Measured[] => []);
  const all = ROUNDS * measurements.length;
  for (let done = 0; done < all; done++) {
    const i = done % measurements.length;
    const measured = await measurements[i]();
    rounds[i].push(measured);
    tell(done + 1, all, measured);
  }
  const yardstick = Number(median(rounds.flat(), ({ beside }) => beside));
  // The work is the same in every round.
  const timed = rounds.map((of) => ({
    work: of[0].work,
    seconds: yardstick * Number(median(of, ({ seconds, beside }) => seconds / beside)),
  }));
  return { timed, yardstick };
}

const timed =
  (phases: readonly Phase[], open: () => Promise<readonly Device[]>) =>
  ({ phase: name, change, steps = STEPS }: Variation) => {
    const phase = phases.find((candidate) => candidate.name === name) as Phase;
    return probeAlone(phase, resolve('grid-mini', change), open, steps);
  };

/**
 * Times them all and work of one kind by itself, some 25 minutes on two cores without a GPU.
 * @param openDevice a device for each, closed afterwards.
 */
export async function calibrate(phases: readonly Phase[], openDevice: () => Promise<Device>, tell: Tell): Promise<CostModel> {
  const alone = timed(phases, async () => [await openDevice()]);
  const measurements = [
    ...VARIATIONS.map((variation) => () => alone(variation)),
    ...ISOLATED.map((isolated) => async () => {
      using device = await openDevice();
      using other = await openDevice();
      return await timeIsolated(isolated, device, TIMES, await openYardstick([other]));
    }),
  ];
  const { timed: fitted, yardstick } = await inRounds(measurements, tell);
  return fitCost(fitted, yardstick);
}

/**
 * The model of devices that share the work: that of one, as much faster at launches and at what they do as a few updates of RL were.
 * @param openDevices some for each update, closed afterwards.
 * @param traits of each of them.
 * @param model of one by itself.
 * @param variations that are timed.
 */
export async function calibrateSharing(
  phases: readonly Phase[],
  openDevices: () => Promise<readonly Device[]>,
  traits: Device['traits'],
  model: CostModel,
  tell: Tell,
  variations: readonly Variation[] = SHARED,
): Promise<CostModel> {
  const shared = timed(phases, openDevices);
  const { timed: updates, yardstick } = await inRounds(
    variations.map((variation) => async () => {
      const measured = await shared(variation);
      const phase = phases.find(({ name }) => name === variation.phase) as Phase;
      const { work } = await phaseCost(phase, resolve('grid-mini', variation.change), traits);
      return { ...measured, work };
    }),
    tell,
  );
  return fitSlowed(model, updates, yardstick);
}
