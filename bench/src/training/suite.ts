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
const STEPS = 3;

/** What the float64 loss says of the length of our gradient, by differences along it, against what the gradient says itself. */
export function gradientError(spec: Pretraining, batch: SequenceBatch, start: Weights, gradient: Weights): number {
  let square = 0;
  for (const { data } of gradient.values()) for (let i = 0; i < data.length; i++) square += data[i] ** 2;
  const distance = 1e-4 / Math.sqrt(square);
  const loss = (along: number): number => referenceLoss(spec, batch, moved(start, gradient, along));
  return Math.abs((loss(distance) - loss(-distance)) / (2 * distance) / square - 1);
}

/** Submits and readbacks of one step. */
export function countStep(device: Device, step: () => void): StepFigures {
  const { submits, readbacks } = device.counters;
  step();
  return { submits: device.counters.submits - submits, readbacks: device.counters.readbacks - readbacks };
}

const lossOf = async (prepared: Prepared): Promise<number> => (await prepared.outputs())[0][0];
const off = (value: number, right: number): number => Math.abs(value / right - 1);

export async function measurePretraining(spec: Pretraining, { ours, peers, peaks, samples }: Bench): Promise<Row> {
  const batch = makeBatch(spec);
  const mine = await prepareOurs(ours.device, spec, batch);
  const { start } = mine;
  const right = referenceLoss(spec, batch, start);
  const first = await lossOf(mine);
  const error = Math.max(off(first, right), gradientError(spec, batch, start, await mine.gradient()));
  const step = countStep(ours.device, mine.run);
  for (let i = 2; i < STEPS; i++) mine.run();
  await mine.outputs();
  mine.run();
  const later = await lossOf(mine);
  const entrants: Entrant[] = [];
  const failures: Record<string, { failed: string }> = {};
  for (const { name, version, pretrain } of peers) {
    if (!pretrain) continue;
    try {
      const prepared = await pretrain(spec, batch, start);
      const theirFirst = await lossOf(prepared);
      for (let i = 1; i <= STEPS; i++) await prepared.run();
      const theirLater = await lossOf(prepared);
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
