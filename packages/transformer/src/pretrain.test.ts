import { discreteSpace, HostRandom, rowsSpace } from '@coxswain/base';
import { AdamW, type Device, LOSS_SCALE, NotFiniteError, ParameterStore } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TransformerConfig } from './attention/config.js';
import { Transformer } from './attention/model.js';
import { Pretrainer, type SequenceBatch } from './pretrain.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

const CONFIG: TransformerConfig = {
  width: 16,
  depth: 2,
  heads: 2,
  mlp: 32,
  observation: rowsSpace(12, 2, false),
  action: discreteSpace(4),
  predicted: discreteSpace(5),
  buckets: 32,
  maxDistance: 128,
  initialisation: 'small-output',
};

/** Sequences whose actions follow from what was seen, of `time` steps, some of them shorter. */
function batchOf(batch: number, time: number, seed: number): SequenceBatch {
  const random = new HostRandom(seed);
  const n = batch * time;
  const draw = (below: number): number => Math.floor(random.uniform() * below);
  const indices = Int32Array.from({ length: n * 2 }, (_, i) => (i % 2) * 6 + draw(6));
  return {
    batch,
    time,
    observation: [indices],
    action: [Int32Array.from({ length: n }, (_, i) => (indices[2 * i] + indices[2 * i + 1]) % 4)],
    predicted: [Int32Array.from({ length: n }, () => draw(5))],
    mask: Float32Array.from({ length: n }, (_, i) => (i % time < time - (Math.floor(i / time) % 3) ? 1 : 0)),
  };
}

function makeTrainer(batch: number, meanLength: number, parts = 1, precision: 'f32' | 'f16' = 'f32') {
  const store = new ParameterStore(device);
  const model = new Transformer(store, CONFIG);
  store.finish(new HostRandom(1));
  const optimiser = new AdamW(store, { clip: 1, gradientScale: precision === 'f16' ? LOSS_SCALE : 1 });
  const trainer = new Pretrainer(model, store, optimiser, { batch, meanLength, observationWeight: 0.01, parts, precision });
  const dispose = (): void => {
    trainer.dispose();
    optimiser.dispose();
    model.dispose();
    store.dispose();
  };
  return { trainer, store, optimiser, dispose };
}

test('one batch can be learned by heart', async () => {
  const { trainer, dispose } = makeTrainer(8, 5);
  const batch = batchOf(8, 6, 3);
  trainer.step(batch, 0);
  const first = await trainer.metrics();
  for (let i = 0; i < 200; i++) trainer.step(batch, 1e-2);
  await trainer.metrics();
  trainer.step(batch, 0);
  const last = await trainer.metrics();
  expect(first.actionNll).toBeGreaterThan(1.2);
  expect(last.actionNll).toBeLessThan(0.05);
  dispose();
});

test.each([2, 4, 8])('a batch in %i parts is the same update, in less memory', async (parts) => {
  const [whole, divided] = [makeTrainer(8, 5), makeTrainer(8, 5, parts)];
  for (let i = 0; i < 3; i++) for (const { trainer } of [whole, divided]) trainer.step(batchOf(8, 6, i), 1e-2);
  const [a, b] = [await whole.trainer.metrics(), await divided.trainer.metrics()];
  expect(b.steps).toBe(3);
  for (const name of ['actionNll', 'observationNll', 'gradientNorm'] as const) expect(Math.abs(b[name] / a[name] - 1)).toBeLessThan(1e-4);
  const [p, q] = [await whole.store.flat.read(), await divided.store.flat.read()];
  let [difference, size] = [0, 0];
  p.forEach((value, i) => {
    difference += (value - q[i]) ** 2;
    size += value ** 2;
  });
  // AdamW's first steps divide gradients by their own size: where one is near zero, rounding decides its sign.
  expect(Math.sqrt(difference / size)).toBeLessThan(1e-3);
  const memory = ({ trainer }: typeof whole): number => trainer.program(6).temporaries.separate;
  expect(memory(divided)).toBeLessThan(memory(whole) / (0.7 * parts));
  whole.dispose();
  divided.dispose();
});

describe('half precision', () => {
  beforeEach(({ skip }) => skip(!device.traits.f16, 'the adapter has no f16'));

  test.each([1, 2])('learns the same in %i parts, but for rounding', async (parts) => {
    const [wide, half] = [makeTrainer(8, 5), makeTrainer(8, 5, parts, 'f16')];
    for (let i = 0; i < 20; i++) for (const { trainer } of [wide, half]) trainer.step(batchOf(8, 6, i), 3e-3);
    const [a, b] = [await wide.trainer.metrics(), await half.trainer.metrics()];
    for (const name of ['actionNll', 'observationNll', 'gradientNorm'] as const) expect(Math.abs(b[name] / a[name] - 1)).toBeLessThan(1e-2);
    expect(b.actionNll).not.toBe(a.actionNll);
    wide.dispose();
    half.dispose();
  });
});

test('parts that do not divide the batch are refused', () => {
  const { store, optimiser, trainer, dispose } = makeTrainer(8, 5);
  expect(() => new Pretrainer(trainer.model, store, optimiser, { batch: 8, meanLength: 5, observationWeight: 0, parts: 3 })).toThrow(
    '8 in 3 parts',
  );
  dispose();
});

test('a captured step is one submit and reads nothing back', async () => {
  const { trainer, dispose } = makeTrainer(8, 5);
  const batches = [batchOf(8, 6, 3), batchOf(8, 4, 4)];
  for (const batch of batches) trainer.step(batch, 1e-3);
  await device.finish();
  const before = { ...device.counters };
  for (let i = 0; i < 10; i++) trainer.step(batches[i % 2], 1e-3);
  expect(device.counters.submits - before.submits).toBe(10);
  expect(device.counters.readbacks - before.readbacks).toBe(0);
  expect(device.counters.pipelines - before.pipelines).toBe(0);
  await trainer.metrics();
  dispose();
});

test('every step of a sequence counts the same, whatever batch it came in', async () => {
  // The same sequences in one batch, or cut by length into two with half the batch size: the mean gradient is the same.
  const long = batchOf(4, 6, 5);
  const mask = long.mask.fill(1);
  const { trainer, store, dispose } = makeTrainer(4, 6);
  trainer.step({ ...long, mask }, 0);
  const whole = await store.gradients.read();
  const halved = Float32Array.from(mask, (m, i) => (i % 6 < 3 ? m : 0));
  trainer.step({ ...long, mask: halved }, 0);
  const firstHalf = await store.gradients.read();
  trainer.step({ ...long, mask: Float32Array.from(mask, (m, i) => m - halved[i]) }, 0);
  const secondHalf = await store.gradients.read();
  const difference = Math.hypot(...whole.map((g, i) => g - firstHalf[i] - secondHalf[i]));
  expect(difference / Math.hypot(...whole)).toBeLessThan(1e-5);
  dispose();
});

describe('what is not finite', () => {
  const failing = (work: () => unknown): Promise<unknown> =>
    Promise.resolve()
      .then(work)
      .then(
        () => undefined,
        (error: unknown) => error,
      );

  test('a mask of NaN and an observation outside the table are refused by sequence and step; nothing moves', async () => {
    const { trainer, store, dispose } = makeTrainer(4, 6);
    const before = await store.flat.read();
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const batch = batchOf(4, 6, 1);
      batch.mask[2 * 6 + 3] = value;
      const error = await failing(() => trainer.step(batch, 1e-2));
      expect(error).toBeInstanceOf(NotFiniteError);
      expect((error as Error).message).toBe(`mask[15] is ${value}, at step 3 of sequence 2, given to Pretrainer.step`);
    }
    const batch = batchOf(4, 6, 1);
    batch.observation[0][(3 * 6 + 1) * 2 + 1] = 12;
    expect(await failing(() => trainer.step(batch, 1e-2))).toMatchObject({
      code: 'bad-argument',
      value: 'observation 12 in slot 1 of step 1 of sequence 3',
      expected: 'a row of the embedding from 0 to 11, or −1 for none',
    });
    const other = batchOf(4, 6, 1);
    other.action[0][2 * 6 + 5] = 4;
    expect(await failing(() => trainer.step(other, 1e-2))).toMatchObject({
      code: 'bad-argument',
      value: 'action 4 in step 5 of sequence 2',
      expected: 'a whole number from 0 to 3',
    });
    expect(await store.flat.read()).toEqual(before);
    dispose();
  });

  test.each([1, 2])('metrics name the weight that made the loss NaN, in %i parts; no update was made', async (parts) => {
    const { trainer, store, dispose } = makeTrainer(4, 6, parts);
    trainer.step(batchOf(4, 6, 1), 1e-2);
    await trainer.metrics();
    const weight = store.get('embedding.weight');
    weight.write((await weight.read()).fill(Number.NaN, 16));
    const before = await store.flat.read();
    for (let i = 0; i < 3; i++) trainer.step(batchOf(4, 6, i), 1e-2);
    expect(await failing(() => trainer.metrics())).toMatchObject({
      code: 'not-finite',
      value: 'model parameter embedding.weight[16] = NaN',
    });
    expect(await store.flat.read()).toEqual(before);
    dispose();
  });

  test('metrics name the operation where parameters are finite but too large', async () => {
    const { trainer, store, dispose } = makeTrainer(4, 6);
    const weight = store.get('embedding.weight');
    weight.write((await weight.read()).fill(3e38));
    trainer.step(batchOf(4, 6, 1), 1e-2);
    const error = (await failing(() => trainer.metrics())) as NotFiniteError;
    expect(error).toBeInstanceOf(NotFiniteError);
    // Two rows of a sum of two.
    expect(error.operation).toMatch(/^embedding/);
    expect(error.message).toContain('table "embedding.weight" [12,16]');
    dispose();
  });
});
