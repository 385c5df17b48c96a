/**
 * Suite `rollout`: episodes played together, their worlds stepped by the host, with a submit and a readback a step, or
 * on the device, with one of each for all of them.
 */
import type { LeafValues } from '@coxswain/base';
import type { Device } from '@coxswain/tensor';
import type { OurPrepared } from '../ours.js';
import { programFigures } from '../program.js';
import type { MeasuredRow, Row, StepFigures } from '../results.js';
import { measureRow } from '../row.js';
import type { Bench, Suite } from '../suite.js';
import { rolloutError } from './check.js';
import { alone, makePlayers, makeRecorded, type RolloutSpec, shapeOf, steered, type Where } from './rollout.js';

/** Greatest error of a log-probability, in nats. */
const TOLERANCE = 1e-3;

/** Plays a batch that keeps everything, and holds it against float64. @returns its actions too. */
async function check(device: Device, spec: RolloutSpec): Promise<{ error: number; action: LeafValues }> {
  const players = await makeRecorded(device, spec);
  const { rollout, code } = players;
  const episodes = await rollout.run(0);
  const logProb = (await rollout.logProb?.read()) as Float32Array;
  const codes = (await code?.records?.code.read()) as Float32Array | undefined;
  const error = rolloutError(spec, players, episodes, logProb, codes);
  const action = episodes.action[0].slice();
  players.dispose();
  return { error, action };
}

/**
 * A batch of episodes as training plays it. Its cost is that of a step of all of them, times the steps a mean episode
 * lasts.
 */
async function prepare(
  device: Device,
  spec: RolloutSpec,
  where: Where,
): Promise<{ mine: OurPrepared; step: StepFigures; action: LeafValues }> {
  const from = performance.now();
  const { rollout, dispose } = await makePlayers(device, spec, where);
  const whole = rollout.program(spec.episodes);
  const compiling = performance.now();
  await whole.ready();
  const compileMs = performance.now() - compiling;
  const first = await rollout.run(0);
  const firstMs = performance.now() - from;
  const action = first.action[0].slice();
  const { submits, readbacks } = device.counters;
  const { length, steps } = await rollout.run(0);
  const longest = Math.max(...length);
  const step = {
    submits: (device.counters.submits - submits) / longest,
    readbacks: (device.counters.readbacks - readbacks) / longest,
    environmentSteps: steps,
  };
  const meanLength = steps / spec.episodes;
  const mine: OurPrepared = {
    ...programFigures(device, whole),
    cost: { flops: whole.cost.flops * meanLength, bytes: whole.cost.bytes * meanLength },
    // Between the steps of a batch the host plays the worlds: there is no GPU time of a batch.
    gpuMilliseconds: async () => undefined,
    compileMs,
    firstMs,
    run: async () => {
      await rollout.run(0);
    },
    finish: () => device.finish(),
    outputs: async () => [action],
    dispose,
  };
  return { mine, step, action };
}

export async function measureRollout(name: string, spec: RolloutSpec, where: Where, { ours, peaks, samples }: Bench): Promise<MeasuredRow> {
  const checked = await check(ours.device, spec);
  const { mine, step, action } = await prepare(ours.device, spec, where);
  // What is timed has to have done what was checked.
  const error = action.every((value, i) => value === checked.action[i]) ? checked.error : Number.POSITIVE_INFINITY;
  const labels: Pick<Row, 'suite' | 'name' | 'shape' | 'step'> = { suite: 'rollout', name, shape: shapeOf(spec), step };
  const software = ours.device.traits.threads !== undefined;
  return measureRow({ labels, mine, error, tolerance: TOLERANCE, peers: [], failures: {}, peaks, samples, software });
}

const planned = (name: string, spec: RolloutSpec, where: Where) => ({
  name,
  shape: shapeOf(spec),
  measure: (bench: Bench): Promise<MeasuredRow> => measureRollout(name, spec, where, bench),
});

export const rollout: Suite = {
  name: 'rollout',
  rows: [
    planned('rollout, base alone', alone, 'host'),
    planned('rollout, metacontroller', steered, 'host'),
    planned('rollout on the device, base alone', alone, 'device'),
    planned('rollout on the device, metacontroller', steered, 'device'),
  ],
};
