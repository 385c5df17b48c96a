import { discreteSpace, HostRandom, rowsSpace } from '@coxswain/base';
import { AdamW, type Device, GATE_MODE, LOSS_SCALE, ParameterStore } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { Transformer } from '@coxswain/transformer';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { GOLDEN_LAYER, goldenBase } from '../../transformer/src/testing/golden-base.js';
import { codeStatistics, switchAlignment } from './alignment.js';
import { type DiscoverySettings, DiscoveryTrainer } from './discovery.js';
import type { DiscoveryBatch, View } from './discovery-inputs.js';
import { Metacontroller } from './metacontroller.js';
import { ridgeReadout } from './readout.js';
import { SupervisedControllers, SupervisedTrainer } from './supervised.js';
import { GOLDEN_BATCH, GOLDEN_MEAN_LENGTH, GOLDEN_SUBGOALS } from './testing/golden-episodes.js';
import { GOLDEN_METACONTROLLER_CONFIG } from './testing/golden-metacontroller.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

const plain = GOLDEN_BATCH;
const { batch, time } = plain;
const meanLength = GOLDEN_MEAN_LENGTH;
const moments = { ...plain, viewObservation: plain.observation, viewSteps: Array.from(plain.lengths, (n) => [2, n]) };
const batchFor: Record<View, DiscoveryBatch> = {
  same: plain,
  partner: { ...plain, partner: Uint32Array.from({ length: batch }, (_, i) => (i + 1) % batch) },
  symmetry: { ...plain, viewObservation: plain.observation },
  touches: moments,
  jumps: moments,
  switches: moments,
  random: moments,
};

const settings = { batch, meanLength, layer: GOLDEN_LAYER, embedderLayer: GOLDEN_LAYER, seed: 1 };

function makeTrainer(view: View, given: Partial<typeof settings> & Pick<DiscoverySettings, 'precision'> = {}) {
  const base = goldenBase(device);
  const store = new ParameterStore(device);
  const controller = new Metacontroller(store, GOLDEN_METACONTROLLER_CONFIG);
  store.finish(new HostRandom(1));
  const optimiser = new AdamW(store, { clip: 1, gradientScale: given.precision === 'f16' ? LOSS_SCALE : 1 });
  const trainer = new DiscoveryTrainer(base.model, controller, optimiser, { ...settings, ...given, view });
  const dispose = (): void => {
    for (const part of [trainer, optimiser, store, base.model, base.store]) part.dispose();
  };
  return { trainer, base, dispose };
}

const soft = { mode: GATE_MODE.soft, temperature: 1 };

test.each(['same', 'partner', 'symmetry', 'touches', 'jumps', 'switches', 'random'] as const)(
  'a step with view %s is one submit without readback, and the base stays frozen',
  async (view) => {
    const { trainer, base, dispose } = makeTrainer(view);
    const frozen = await base.store.flat.read();
    trainer.step(batchFor[view], { step: 0, learningRate: 1e-3, alpha: 0.01, gate: soft });
    await device.finish();
    const before = { ...device.counters };
    const gates = [GATE_MODE.soft, GATE_MODE.gumbel, GATE_MODE.straightThrough];
    for (let i = 1; i <= 6; i++)
      trainer.step(batchFor[view], { step: i, learningRate: 1e-3, alpha: 0.01, gate: { mode: gates[i % 3], temperature: 0.7 } });
    expect(device.counters.submits - before.submits).toBe(6);
    expect(device.counters.readbacks - before.readbacks).toBe(0);
    expect(device.counters.pipelines - before.pipelines).toBe(0);
    const metrics = await trainer.metrics();
    expect(metrics.steps).toBe(7);
    for (const value of Object.values(metrics)) expect(Number.isFinite(value)).toBe(true);
    expect(await base.store.flat.read()).toEqual(frozen);
    dispose();
  },
);

describe('half precision', () => {
  beforeEach(({ skip }) => skip(!device.traits.f16, 'the adapter has no f16'));

  test('learns the same, but for rounding', async () => {
    const [wide, half] = [makeTrainer('partner'), makeTrainer('partner', { precision: 'f16' })];
    const run = async (steps: number, learningRate: number) => {
      for (let i = 0; i < steps; i++)
        for (const { trainer } of [wide, half]) trainer.step(batchFor.partner, { step: i, learningRate, alpha: 0.01, gate: soft });
      return [await wide.trainer.metrics(), await half.trainer.metrics()];
    };
    const apart = ([a, b]: Awaited<ReturnType<typeof run>>, name: 'actionNll' | 'kl' | 'beta' | 'gradientNorm') =>
      Math.abs(b[name] / a[name] - 1);
    const before = await run(3, 0);
    for (const name of ['actionNll', 'kl', 'beta', 'gradientNorm'] as const) expect(apart(before, name), name).toBeLessThan(5e-3);
    expect(before[1].actionNll).not.toBe(before[0].actionNll);
    await run(40, 3e-3);
    const after = await run(3, 0);
    expect(after[0].actionNll).toBeLessThan(0.95 * before[0].actionNll);
    expect(apart(after, 'actionNll')).toBeLessThan(0.05);
    wide.dispose();
    half.dispose();
  });
});

test('co-training moves the base on the same loss, below the steered layer too, and goes further than steering alone', async () => {
  const trainOn = async (together: boolean): Promise<{ nll: number; moved: string[] }> => {
    const base = goldenBase(device, true);
    const store = new ParameterStore(device);
    const controller = new Metacontroller(store, GOLDEN_METACONTROLLER_CONFIG);
    store.finish(new HostRandom(1));
    const optimiser = new AdamW(store, { clip: 1 });
    const baseOptimiser = new AdamW(base.store, { clip: 1 });
    const more = together ? { baseOptimiser } : {};
    const trainer = new DiscoveryTrainer(base.model, controller, optimiser, { ...settings, view: 'partner', ...more });
    const before = await base.store.save();
    for (let i = 0; i < 60; i++) trainer.step(batchFor.partner, { step: i, learningRate: 2e-3, alpha: 0.001, gate: soft });
    await trainer.metrics();
    trainer.step(batchFor.partner, { step: 60, learningRate: 0, alpha: 0.001, gate: soft });
    const { actionNll } = await trainer.metrics();
    const moved = [...(await base.store.save())].filter(([name, { data }]) => data.some((x, i) => x !== before.get(name)?.data[i]));
    for (const part of [trainer, optimiser, baseOptimiser, store, base.model, base.store]) part.dispose();
    return { nll: actionNll, moved: moved.map(([name]) => name) };
  };
  const frozen = await trainOn(false);
  const together = await trainOn(true);
  expect(frozen.moved).toEqual([]);
  expect(together.moved).toContain('embedding.weight');
  expect(together.moved).toContain('layers.0.qkv.weight');
  expect(together.nll).toBeLessThan(frozen.nll);
});

test('codes are the means and spreads of what is taken where switches open, and nothing is learned', async () => {
  const { trainer, dispose } = makeTrainer('touches');
  const before = await trainer.controller.store.flat.read();
  // At a threshold of 0 every step takes a code of its own; a switch that stays closed takes the first of each episode.
  const every = await trainer.codes(batchFor.touches, { step: 3, gate: { mode: GATE_MODE.hard, threshold: 0 } });
  const first = await trainer.codes(batchFor.touches, { step: 3, gate: { mode: GATE_MODE.hard, threshold: 1 } });
  for (const { mean, std } of [every, first]) {
    expect(mean).toHaveLength(GOLDEN_METACONTROLLER_CONFIG.latent);
    expect(Math.min(...std)).toBeGreaterThan(0);
  }
  expect(every.count).toBe(plain.mask.reduce((sum, real) => sum + real, 0));
  expect(first.count).toBe(batch);
  expect(await trainer.codes(batchFor.touches, { step: 3, gate: { mode: GATE_MODE.hard, threshold: 0 } })).toEqual(every);
  expect(await trainer.codes(batchFor.touches, { step: 4, gate: { mode: GATE_MODE.hard, threshold: 0 } })).not.toEqual(every);
  expect(await trainer.controller.store.flat.read()).toEqual(before);
  dispose();
});

test('moments are shown as they are where no other observation is given', async () => {
  const trained = async (shown: DiscoveryBatch) => {
    const { trainer, dispose } = makeTrainer('touches');
    trainer.step(shown, { step: 0, learningRate: 1e-2, alpha: 0.01, gate: soft });
    const values = await trainer.controller.store.flat.read();
    dispose();
    return values;
  };
  const { viewObservation, ...asTheyAre } = moments;
  expect(viewObservation).toEqual(plain.observation);
  expect(await trained(asTheyAre)).toEqual(await trained(moments));
  const other = plain.observation.map((leaf) => leaf.slice().reverse());
  expect(await trained({ ...moments, viewObservation: other })).not.toEqual(await trained(moments));
});

test('a metacontroller that sees the episode itself learns to reconstruct it', async () => {
  const { trainer, dispose } = makeTrainer('same');
  for (let i = 0; i < 5; i++) trainer.step(plain, { step: i, learningRate: 0, alpha: 0, gate: soft });
  const first = await trainer.metrics();
  for (let i = 0; i < 120; i++) trainer.step(plain, { step: i, learningRate: 1e-2, alpha: 0, gate: soft });
  await trainer.metrics();
  for (let i = 0; i < 5; i++) trainer.step(plain, { step: i, learningRate: 0, alpha: 0, gate: soft });
  const last = await trainer.metrics();
  expect(last.actionNll).toBeLessThan(0.6 * first.actionNll);
  dispose();
});

test.each([
  { layer: 1, embedderLayer: 2 },
  { layer: 2, embedderLayer: 1 },
])('the embedder may read another layer than is steered: %o', async (layers) => {
  const { trainer, dispose } = makeTrainer('symmetry', layers);
  for (let i = 0; i < 40; i++) trainer.step(batchFor.symmetry, { step: i, learningRate: 1e-2, alpha: 0, gate: soft });
  await trainer.metrics();
  trainer.step(batchFor.symmetry, { step: 40, learningRate: 0, alpha: 0, gate: soft });
  const { actionNll } = await trainer.metrics();
  const same = makeTrainer('symmetry');
  same.trainer.step(batchFor.symmetry, { step: 40, learningRate: 0, alpha: 0, gate: soft });
  expect(actionNll).toBeLessThan((await same.trainer.metrics()).actionNll);
  same.dispose();
  dispose();
});

test('with view touches the embedder sees those steps and no other', async () => {
  const { trainer, dispose } = makeTrainer('touches');
  const nllOf = async (batchOf: DiscoveryBatch): Promise<number> => {
    trainer.step(batchOf, { step: 0, learningRate: 0, alpha: 0, gate: soft });
    return (await trainer.metrics()).actionNll;
  };
  const whole = time + 1;
  // Later observations change nothing of what the model makes of earlier ones: the first touch is seen by all that
  // comes before it.
  const changed = (from: (i: number) => number, to: (i: number) => number): DiscoveryBatch => {
    const seen = plain.observation[0].slice();
    for (let i = 0; i < batch; i++) seen.fill(-1, (i * whole + from(i)) * 50, (i * whole + to(i)) * 50);
    return { ...batchFor.touches, viewObservation: [seen] };
  };
  const only = { viewSteps: Array.from({ length: batch }, () => [2]) };
  const before = await nllOf({ ...batchFor.touches, ...only });
  expect(
    await nllOf({
      ...changed(
        () => 3,
        () => whole,
      ),
      ...only,
    }),
  ).toBe(before);
  expect(
    await nllOf({
      ...changed(
        () => 2,
        () => 3,
      ),
      ...only,
    }),
  ).not.toBe(before);
  dispose();
});

test('supervised controllers learn from labels', async () => {
  const base = goldenBase(device);
  const store = new ParameterStore(device);
  const controllers = new SupervisedControllers(store, { width: 64, subgoals: 4, rank: 16 });
  store.finish(new HostRandom(1));
  const optimiser = new AdamW(store);
  const trainer = new SupervisedTrainer(base.model, controllers, { layer: GOLDEN_LAYER, meanLength }, optimiser);
  const observation = Int32Array.from(
    { length: batch * time * 50 },
    (_, i) => plain.observation[0][Math.floor(i / (time * 50)) * (time + 1) * 50 + (i % (time * 50))],
  );
  const labelled = { batch, time, observation: [observation], action: plain.action, subgoals: GOLDEN_SUBGOALS, mask: plain.mask };
  const before = await trainer.nll(labelled);
  for (let i = 0; i < 60; i++) trainer.step(labelled, 3e-3);
  expect(await trainer.nll(labelled)).toBeLessThan(0.7 * before);
  for (const part of [trainer, optimiser, controllers, store, base.model, base.store]) part.dispose();
});

test('switch alignment counts exact and near switches, and not an episode’s first step', () => {
  const table = {
    batch: 2,
    time: 5,
    beta: [1, 0, 1, 0, 0, 1, 0, 0, 1, 0],
    subgoal: [2, 2, 0, 0, 0, 1, 1, 3, 3, 3],
    mask: [1, 1, 1, 1, 1, 1, 1, 1, 1, 0],
  };
  const exact = switchAlignment(table, 0);
  // Changes at (0, 2) and (1, 2); switches at (0, 2) and (1, 3).
  expect(exact).toMatchObject({ precision: 0.5, recall: 0.5, f1: 0.5, rate: 2 / 7 });
  expect(switchAlignment(table, 1).f1).toBe(1);
});

test('a ridge read-out finds what is linear and nothing else', () => {
  const random = new HostRandom(5);
  const labels = Array.from({ length: 400 }, () => Math.floor(random.uniform() * 3));
  const vectors = labels.flatMap((label) => [label === 0 ? 1 : 0, label === 1 ? 1 : 0, random.normal()]);
  expect(ridgeReadout(vectors, 3, labels, 3)).toBe(1);
  const noise = labels.flatMap(() => [random.normal(), random.normal()]);
  expect(ridgeReadout(noise, 2, labels, 3)).toBeLessThan(0.5);
});

test('code statistics look only at the rows that are kept', () => {
  const { mean, std, count } = codeStatistics([1, 10, 3, 20, 100, 100], 2, (row) => row < 2);
  expect([...mean]).toEqual([2, 15]);
  expect([...std]).toEqual([1, 5]);
  expect(count).toBe(2);
});

test('a discovery step of the size of the paper plans its temporaries into less than 16 GiB, far less than each by itself', () => {
  // Of its batch of 512 a sixteenth: temporaries are proportional to it, and a software adapter binds no more than 128
  // MiB at once.
  const [part, whole, steps] = [32, 512, 100];
  const frozen = new ParameterStore(device, false);
  const spaces = { observation: rowsSpace(64, 1, false), action: discreteSpace(4), predicted: discreteSpace(16) };
  const sizes = { ...spaces, width: 256, depth: 6, heads: 4, mlp: 1024 };
  const model = new Transformer(frozen, { ...sizes, buckets: 32, maxDistance: 128, initialisation: 'variance-scaled' });
  frozen.finish(new HostRandom(1));
  const store = new ParameterStore(device);
  const reader = { width: 256, latent: 8, history: 32, embedding: 32, encoder: 64, switch: 64, decoder: 32, rank: 16 };
  const controller = new Metacontroller(store, { ...reader, pooled: true, switchBias: -2 });
  store.finish(new HostRandom(1));
  const optimiser = new AdamW(store);
  const layers = { layer: 3, embedderLayer: 3 };
  const trainer = new DiscoveryTrainer(model, controller, optimiser, { batch: part, meanLength: steps, ...layers, view: 'same', seed: 1 });
  const { arena, separate } = trainer.program(steps).temporaries;
  expect((arena * whole) / part).toBeLessThan(16 * 2 ** 30);
  expect(arena).toBeLessThan(separate / 2);
  for (const disposable of [trainer, optimiser, store, model, frozen]) disposable.dispose();
});
