/** Suite `training`: whole optimisation steps, captured, beside the same step in a peer. */
import type { Device } from '@coxswain/tensor';
import type { Contestant, Prepared } from '../contestant.js';
import { dataOf, moved, type Weights } from '../reference/transformer.js';
import type { MeasuredRow, Row, StepFigures } from '../results.js';
import { type Entrant, measureRow } from '../row.js';
import { type Bench, reasonOf, type Suite } from '../suite.js';
import {
  type DiscoverySpec,
  discovery,
  discoveryLoss,
  frozenBelow,
  makeBatch as makeEpisodes,
  shapeOf as shapeOfEpisodes,
} from './discovery.js';
import { type OurTraining, prepareDiscovery, preparePretraining } from './ours.js';
import { makeBatch, type Pretraining, pretraining, pretrainingLoss, shapeOf } from './pretraining.js';

/** Greatest relative error of the first loss, of our gradient's length, and of a peer's loss after steps of its own. */
const TOLERANCE = 1e-3;
/** Steps after the first, at the end of which losses are compared. */
const STEPS = 3;

/** A training step ready to be measured. */
interface Contest {
  readonly name: string;
  readonly shape: string;
  readonly mine: OurTraining;
  /** The loss of the first step in float64, at any weights. */
  loss(weights: Weights): number;
  readonly peers: readonly (Pick<Contestant, 'name' | 'version' | 'elsewhere'> & { prepare(): Promise<Prepared> })[];
}

/**
 * What the float64 loss says of the length of our gradient, by differences along it, against what the gradient says
 * itself.
 */
function gradientError({ loss, mine: { start } }: Contest, gradient: Weights): number {
  let square = 0;
  for (const name of gradient.keys()) {
    const data = dataOf(gradient, name);
    for (let i = 0; i < data.length; i++) square += data[i] ** 2;
  }
  const distance = 1e-4 / Math.sqrt(square);
  const at = (along: number): number => loss(moved(start, gradient, along));
  return Math.abs((at(distance) - at(-distance)) / (2 * distance) / square - 1);
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

async function measure(contest: Contest, { ours, peaks, samples }: Bench): Promise<MeasuredRow> {
  const { name, shape, mine } = contest;
  const right = contest.loss(mine.start);
  const first = await lossOf(mine);
  const error = Math.max(off(first, right), gradientError(contest, await mine.gradient()));
  const step = countStep(ours.device, mine.run as () => void);
  await mine.outputs();
  const later = await lossAfter(STEPS - 1, mine);
  const entrants: Entrant[] = [];
  const failures: Record<string, { failed: string }> = {};
  for (const peer of contest.peers) {
    try {
      const prepared = await peer.prepare();
      const theirFirst = await lossOf(prepared);
      const theirLater = await lossAfter(STEPS, prepared);
      entrants.push({ ...peer, prepared, error: Math.max(off(theirFirst, right), off(theirLater, later)) });
    } catch (cause) {
      failures[peer.name] = { failed: reasonOf(cause) };
    }
  }
  const labels: Pick<Row, 'suite' | 'name' | 'shape' | 'step'> = { suite: 'training', name, shape, step };
  const software = ours.device.traits.threads !== undefined;
  return measureRow({ labels, mine, error, tolerance: TOLERANCE, peers: entrants, failures, peaks, samples, software });
}

const PRETRAINING = 'pretraining step';
const DISCOVERY = 'discovery step';

export async function measurePretraining(spec: Pretraining, bench: Bench): Promise<MeasuredRow> {
  const batch = makeBatch(spec);
  const mine = await preparePretraining(bench.ours.device, spec, batch);
  const peers = bench.peers.flatMap(({ pretrain, ...peer }) =>
    pretrain ? [{ ...peer, prepare: () => pretrain(spec, batch, mine.start) }] : [],
  );
  return measure({ name: PRETRAINING, shape: shapeOf(spec), mine, loss: (weights) => pretrainingLoss(spec, batch, weights), peers }, bench);
}

export async function measureDiscovery(spec: DiscoverySpec, bench: Bench): Promise<MeasuredRow> {
  const batch = makeEpisodes(spec);
  const { mine, base } = await prepareDiscovery(bench.ours.device, spec);
  const below = frozenBelow(spec, batch, base);
  const loss = (weights: Weights): number => discoveryLoss(spec, batch, base, below, weights);
  const peers = bench.peers.flatMap(({ discover, ...peer }) =>
    discover ? [{ ...peer, prepare: () => discover(spec, batch, base, mine.start) }] : [],
  );
  return measure({ name: DISCOVERY, shape: shapeOfEpisodes(spec), mine, loss, peers }, bench);
}

export const training: Suite = {
  name: 'training',
  rows: [
    { name: PRETRAINING, shape: shapeOf(pretraining), measure: (bench) => measurePretraining(pretraining, bench) },
    { name: DISCOVERY, shape: shapeOfEpisodes(discovery), measure: (bench) => measureDiscovery(discovery, bench) },
  ],
};
