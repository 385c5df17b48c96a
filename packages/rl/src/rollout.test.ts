import { allocentric as allocentricOf, GRID_MINI, GridworldPinpad } from '@coxswain/envs';
import { add, type Device, gatherRows, noGrad, type Scope, type Tensor, type TensorData } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { goldenCodes } from '../../metacontroller/src/testing/golden-metacontroller.js';
import { CodeController } from './code-controller.js';
import { PolicyCodes, RandomCodes } from './codes.js';
import type { Controller } from './controller.js';
import { evaluate } from './evaluate.js';
import { actionLearner, codeLearner } from './learners.js';
import { Rollout } from './rollout.js';
import { gridMini, startingPolicy, trained } from './testing/trained.js';

let device: Device;
let scope: Scope;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => device.close());
beforeEach(() => {
  scope = device.scope();
});
afterEach(() => scope[Symbol.dispose]());

const N = 24;
const T = 10;

/** A rollout of a policy over codes, and what it recorded. */
function internal(rowCounts?: readonly number[]) {
  const { model, metacontroller, layer, hard } = trained(device);
  const policy = startingPolicy(device);
  const controller = new CodeController({
    metacontroller,
    layer,
    source: new PolicyCodes(policy, N),
    episodes: N,
    gate: hard,
    record: { horizon: T },
  });
  if (!controller.records) throw new Error('no records');
  return {
    policy,
    records: controller.records,
    rollout: new Rollout({ model, environment: gridMini('0123', N, T), controller, seed: 5, ...(rowCounts ? { rowCounts } : {}) }),
  };
}

test('episodes that leave early change nothing for the others', async () => {
  const [whole, shrinking] = [internal([N]), internal([1, 2, 3, 5, 8, 13, 20, N])];
  const a = await whole.rollout.run(3);
  const b = await shrinking.rollout.run(3);
  expect(b.action).toEqual(a.action);
  expect(b.open).toEqual(a.open);
  expect(b.length).toEqual(a.length);
  expect(b.reward).toEqual(a.reward);
  expect(new Set(a.length).size).toBeGreaterThan(2);
  const [codesA, codesB] = await device.read([whole.records.code, shrinking.records.code]);
  for (let i = 0; i < codesA.length; i++) expect(Math.abs(codesA[i] - codesB[i])).toBeLessThan(1e-4);
});

test('a batch is a function of its number and the seed', async () => {
  const { rollout, records } = internal();
  const first = structuredClone(await rollout.run(0));
  const codes = await records.code.read();
  const second = structuredClone(await rollout.run(1));
  expect(second.action).not.toEqual(first.action);
  const again = await rollout.run(0);
  expect(again).toEqual(first);
  // Places past the end of an episode still hold what the batch between wrote there.
  const repeated = await records.code.read();
  for (let i = 0; i < N; i++)
    for (let t = 0; t < first.length[i]; t++)
      expect(repeated.subarray((i * T + t) * 8, (i * T + t + 1) * 8)).toEqual(codes.subarray((i * T + t) * 8, (i * T + t + 1) * 8));
});

test('one submit and one readback a step', async () => {
  const { rollout } = internal();
  const { length } = await rollout.run(0);
  const { submits, readbacks } = device.counters;
  await rollout.run(0);
  const steps = Math.max(...length);
  expect(device.counters.readbacks - readbacks).toBe(steps);
  // The state of the episodes before is cleared in one more.
  expect(device.counters.submits - submits).toBeLessThanOrEqual(steps + 1);
});

/** Log-probabilities of all steps under a learner, `[N, T]`, as if a decision had been made at each. */
async function logProbOf(learner: ReturnType<typeof codeLearner>, episodes: Awaited<ReturnType<Rollout['run']>>): Promise<TensorData> {
  const places = Uint32Array.from({ length: N * T }, (_, i) => i);
  const lengths = Uint32Array.from(episodes.length);
  const size = { batch: N, time: T, steps: N * T, decisions: N * T };
  const inputs = learner.prepare(size);
  inputs.write(episodes, places.subarray(0, N), lengths, places);
  const every = device.tensor(places);
  const read = (chunk: Parameters<typeof inputs.logProb>[0]) => noGrad(() => inputs.logProb(chunk, inputs.collect(chunk))).read();
  if (!learner.packed) {
    const all = { step: every, decision: every, at: every, back: every, lengths: device.tensor(lengths) };
    return read({ ...size, ...all });
  }
  // Time after time, each episode as long as can be.
  const packed = device.tensor(places.map((at) => (at % N) * T + Math.floor(at / N)));
  const at = device.tensor(places.map((place) => (place % T) * N + Math.floor(place / T)));
  const whole = device.tensor(Uint32Array.from({ length: N + T + 1 }, (_, i) => (i < N ? T : (i - N) * N)));
  return read({ ...size, step: packed, decision: every, at, back: packed, lengths: whole });
}

test('log-probabilities of codes: recorded step by step as computed over whole episodes', async () => {
  const { rollout, records, policy } = internal();
  policy.store.get('head.2.weight').write(Float32Array.from({ length: 8 * 64 }, (_, i) => Math.sin(i) * 0.1));
  const episodes = await rollout.run(0);
  const [recorded, computed] = [await records.logProb.read(), await logProbOf(codeLearner(policy, records), episodes)];
  for (let i = 0; i < N; i++)
    for (let t = 0; t < episodes.length[i]; t++) expect(Math.abs(computed[i * T + t] - recorded[i * T + t])).toBeLessThan(1e-3);
});

test('log-probabilities of actions: recorded step by step as computed over whole episodes', async () => {
  const { model } = trained(device);
  const rollout = new Rollout({ model, environment: gridMini('0123', N, T), seed: 5, recordActions: true });
  const episodes = await rollout.run(0);
  if (!rollout.logProb) throw new Error('no records');
  const [recorded, computed] = [await rollout.logProb.read(), await logProbOf(actionLearner(model, rollout.logProb), episodes)];
  for (let i = 0; i < N; i++)
    for (let t = 0; t < episodes.length[i]; t++) expect(Math.abs(computed[i * T + t] - recorded[i * T + t])).toBeLessThan(1e-4);
});

test('a controller of one’s own: told by the host what is to be done, it writes to the residual stream', async () => {
  const { model, layer } = trained(device);
  const before = await new Rollout({ model, environment: gridMini('0123', N, T), seed: 5 }).run(0);
  const told: number[][] = [];
  const nothing = device.zeros([4, 64]);
  const table = device.tensor(
    Float32Array.from({ length: 4 * 64 }, (_, i) => Math.cos(i)),
    [4, 64],
  );
  const controllerOf = (rows: Tensor): Controller => {
    const colour = device.tensor(new Uint32Array(N));
    return {
      layer,
      begin: () => told.splice(0),
      beforeStep({ progress }) {
        told.push(Array.from(progress ?? []));
        colour.write(Uint32Array.from(progress ?? []));
      },
      control: (residual, { episode }) => ({
        residual: add(residual, gatherRows(rows, gatherRows(colour.reshape([N, 1]), episode).reshape([episode.size]))),
      }),
      dispose() {},
    };
  };
  const unchanged = await new Rollout({ model, environment: gridMini('0123', N, T), controller: controllerOf(nothing), seed: 5 }).run(0);
  expect(unchanged.action).toEqual(before.action);
  const changed = await new Rollout({ model, environment: gridMini('0123', N, T), controller: controllerOf(table), seed: 5 }).run(0);
  expect(changed.action).not.toEqual(before.action);
  expect(told[0]).toEqual(new Array(N).fill(0));
  expect(told.at(-1)?.some((progress) => progress > 0)).toBe(true);
});

test('an evaluation counts whole batches; random codes do not solve what was never shown', async () => {
  const { model, metacontroller, layer, hard } = trained(device);
  const controller = new CodeController({
    metacontroller,
    layer,
    source: new RandomCodes(device, goldenCodes()),
    episodes: 64,
    gate: hard,
  });
  const result = await evaluate(new Rollout({ model, environment: gridMini('0123', 64), controller, seed: 1 }), 100);
  expect(result.episodes).toBe(128);
  expect(result.success).toBeLessThan(0.05);
  expect(result.progress).toBeGreaterThan(0);
  expect(result.switchDensity).toBeGreaterThan(0);
  expect(result.segmentLength).toBeGreaterThan(1);
});

test('parts that do not fit are refused', () => {
  const { model, metacontroller, hard } = trained(device);
  const { policy } = internal();
  const environment = gridMini('0123', N, T);
  const controllerOf = (layer: number, episodes: number) =>
    new CodeController({ metacontroller, layer, source: new PolicyCodes(policy, episodes), episodes, gate: hard });
  expect(() => new Rollout({ model, environment, controller: controllerOf(5, N), seed: 1 })).toThrow('a layer from 0 to 4');
  expect(() => new Rollout({ model, environment, controller: controllerOf(2, N + 1), seed: 1 })).toThrow('a controller for 25 episodes');
  const allocentric = new GridworldPinpad({
    world: GRID_MINI.world,
    tasks: ['0123'],
    horizon: T,
    environments: N,
    observation: allocentricOf(GRID_MINI.world),
  });
  expect(() => new Rollout({ model, environment: allocentric, seed: 1 })).toThrow('observations of 17 rows of');
});
