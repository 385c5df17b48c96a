/** Timing of small training runs on an adapter, from which its cost model is fitted. */

import { defaultPreset, openYardstick, type Phase, probeAlone, resolve, type Variation } from '@coxswain/lab';
import type { Device } from '@coxswain/tensor';
import { median } from 'd3-array';
import { type CostModel, fitCost, fitSlowed, type Timed } from './fit.js';
import { ISOLATED, timeIsolated } from './isolated.js';
import { phaseCost } from './project.js';

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

/** One of a phase's variations. */
interface Run extends Variation {
  readonly phase: Phase;
}

const runsOf = (phases: readonly Phase[], which: 'variations' | 'shared'): Run[] =>
  phases.flatMap((phase) => (phase.probe?.[which] ?? []).map((variation) => ({ phase, ...variation })));

const timed =
  (open: () => Promise<readonly Device[]>) =>
  ({ phase, change, steps = STEPS }: Run) =>
    probeAlone(phase, resolve(defaultPreset(), change), open, steps);

/**
 * Times them all and work of one kind by itself, some 25 minutes on two cores without a GPU.
 * @param openDevice a device for each, closed afterwards.
 */
export async function calibrate(phases: readonly Phase[], openDevice: () => Promise<Device>, tell: Tell): Promise<CostModel> {
  const alone = timed(async () => [await openDevice()]);
  const measurements = [
    ...runsOf(phases, 'variations').map((run) => () => alone(run)),
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
 * The model of devices that share the work: that of one, as much faster at launches and at what they do as a few
 * updates of RL were.
 * @param openDevices some for each update, closed afterwards.
 * @param traits of each of them.
 * @param model of one by itself.
 * @param runs that are timed.
 */
export async function calibrateSharing(
  phases: readonly Phase[],
  openDevices: () => Promise<readonly Device[]>,
  traits: Device['traits'],
  model: CostModel,
  tell: Tell,
  runs: readonly Run[] = runsOf(phases, 'shared'),
): Promise<CostModel> {
  const shared = timed(openDevices);
  const { timed: updates, yardstick } = await inRounds(
    runs.map((run) => async () => {
      const measured = await shared(run);
      const { work } = await phaseCost(run.phase, resolve(defaultPreset(), run.change), traits);
      return { ...measured, work };
    }),
    tell,
  );
  return fitSlowed(model, updates, yardstick);
}
