/** Suite `training`: whole optimisation steps, captured, beside the same step in a peer. */
import type { Device } from '@coxswain/tensor';
import type { SequenceBatch } from '@coxswain/transformer';
import type { Prepared } from '../contestant.js';
import type { Row, StepFigures } from '../results.js';
import { type Entrant, measureRow } from '../row.js';
import { type Bench, reasonOf, type Suite } from '../suite.js';
import { prepareOurs } from './ours.js';
import { makeBatch, moved, type Pretraining, pretraining, referenceLoss, shapeOf, type Weights } from './pretraining.js';

/** Greatest relative error of the first loss, of our gradient's length, and of a peer's loss after steps of its own. */
const TOLERANCE = 1e-3;
/** Steps after the first, at the end of which losses are compared. */
const STEPS = 3;

/** What the float64 loss says of the length of our gradient, by differences along it, against what the gradient says itself. */
function gradientError(spec: Pretraining, batch: SequenceBatch, start: Weights, gradient: Weights): number {
  let square = 0;
  for (const { data } of gradient.values()) for (let i = 0; i < data.length; i++) square += data[i] ** 2;
  const distance = 1e-4 / Math.sqrt(square);
  const loss = (along: number): number => referenceLoss(spec, batch, moved(start, gradient, along));
  return Math.abs((loss(distance) - loss(-distance)) / (2 * distance) / square - 1);
}

/** Submits and readbacks of one step. */
function countStep(device: Device, step: () => void): StepFigures {
  const { submits, readbacks } = device.counters;
  step();
  return { submits: device.counters.submits - submits, readbacks: device.counters.readbacks - readbacks };
}

const lossOf = async (prepared: Prepared): Promise<number> => (await prepared.outputs())[0][0];
/** The loss of the last of so many further steps. */
async function lossAfter(steps: number, prepared: Prepared): Promise<number> {
  let loss = Number.NaN;
  for (let i = 0; i < steps; i++) {
    await prepared.run();
    loss = await lossOf(prepared);
  }
  return loss;
}
const off = (value: number, right: number): number => Math.abs(value / right - 1);

export async function measurePretraining(spec: Pretraining, { ours, peers, peaks, samples }: Bench): Promise<Row> {
  const batch = makeBatch(spec);
  const mine = await prepareOurs(ours.device, spec, batch);
  const { start } = mine;
  const right = referenceLoss(spec, batch, start);
  const first = await lossOf(mine);
  const error = Math.max(off(first, right), gradientError(spec, batch, start, await mine.gradient()));
  const step = countStep(ours.device, mine.run);
  await mine.outputs();
  const later = await lossAfter(STEPS - 1, mine);
  const entrants: Entrant[] = [];
  const failures: Record<string, { failed: string }> = {};
  for (const { name, version, pretrain } of peers) {
    if (!pretrain) continue;
    try {
      const prepared = await pretrain(spec, batch, start);
      const theirFirst = await lossOf(prepared);
      const theirLater = await lossAfter(STEPS, prepared);
      entrants.push({ name, version, prepared, error: Math.max(off(theirFirst, right), off(theirLater, later)) });
    } catch (cause) {
      failures[name] = { failed: reasonOf(cause) };
    }
  }
  return measureRow({
    labels: { suite: 'training', name: NAME, shape: shapeOf(spec), step },
    mine,
    error,
    tolerance: TOLERANCE,
    peers: entrants,
    failures,
    peaks,
    samples,
  });
}

const NAME = 'pretraining step';

export const training: Suite = {
  name: 'training',
  rows: [{ name: NAME, shape: shapeOf(pretraining), measure: (bench) => measurePretraining(pretraining, bench) }],
};
