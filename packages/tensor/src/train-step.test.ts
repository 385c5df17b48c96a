import { afterAll, beforeAll, expect, test } from 'vitest';
import { AdamW } from './adamw.js';
import { backward } from './autograd.js';
import type { Device } from './device.js';
import { NotFiniteError, ShapeError } from './errors.js';
import { constant, normal } from './initialise.js';
import { Linear } from './linear-layer.js';
import { requestDevice } from './node.js';
import { layerNorm, log, mean, mul, sub } from './ops/index.js';
import { ParameterStore } from './parameters.js';
import { trainStep } from './train-step.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

const X = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i));
const Y = Float32Array.from({ length: 16 }, (_, i) => Math.cos(2 * i));

/** Two layers and the mean square of what they miss. */
function made() {
  const store = new ParameterStore(device);
  const [hidden, out] = [new Linear(store, 'hidden', 3, 5), new Linear(store, 'out', 5, 2)];
  store.finish(3);
  const [x, y] = [device.tensor(X, [8, 3]), device.tensor(Y, [8, 2])];
  const loss = () => {
    const miss = sub(out.forward(hidden.forward(x, { relu: true })), y);
    return mean(mul(miss, miss).reshape([16]), 0);
  };
  const free = () => {
    for (const part of [x, y, store]) part.dispose();
  };
  return { store, x, loss, optimiser: new AdamW(store, { clip: 1 }), free };
}

test('an update is the one that zeroGradients, backward, prepare and apply make by hand', async () => {
  const [ours, hand] = [made(), made()];
  const step = trainStep(ours.optimiser, ours.loss);
  const losses: number[] = [];
  for (const rate of [1e-2, 3e-3, 1e-2]) {
    step.run(rate);
    using _scope = device.scope();
    hand.store.zeroGradients();
    const loss = hand.loss();
    backward(loss);
    hand.optimiser.prepare(rate);
    hand.optimiser.apply();
    losses.push(await loss.item());
  }
  expect(await ours.store.flat.read()).toEqual(await hand.store.flat.read());
  const { updates, loss, gradientNorm } = await step.metrics();
  expect(updates).toBe(3);
  expect(loss).toBeCloseTo(losses.reduce((a, b) => a + b) / 3, 6);
  expect(gradientNorm).toBeGreaterThan(0);
  step.dispose();
  for (const { optimiser, free } of [ours, hand]) {
    optimiser.dispose();
    free();
  }
});

test('a batch is learned by heart, and metrics start anew', async () => {
  const { loss, optimiser, free } = made();
  using step = trainStep(optimiser, loss);
  step.run(0);
  const first = await step.metrics();
  for (let i = 0; i < 300; i++) step.run(3e-2);
  await step.metrics();
  step.run(0);
  const last = await step.metrics();
  expect(last.updates).toBe(1);
  expect(last.loss).toBeLessThan(0.2 * first.loss);
  optimiser.dispose();
  free();
});

test('the gradient of a scaled loss is the same after the optimiser divides it', async () => {
  const [plain, scaled] = [made(), made()];
  const optimiser = new AdamW(scaled.store, { clip: 1, gradientScale: 1024 });
  const steps = [trainStep(plain.optimiser, plain.loss), trainStep(optimiser, scaled.loss)];
  for (const step of steps) step.run(1e-2);
  const [one, other] = [await plain.store.flat.read(), await scaled.store.flat.read()];
  expect(Math.max(...one.map((value, i) => Math.abs(value - other[i])))).toBeLessThan(1e-5);
  const norms = await Promise.all(steps.map(async (step) => (await step.metrics()).gradientNorm));
  expect(norms[1] / norms[0]).toBeCloseTo(1, 4);
  for (const part of [...steps, plain.optimiser, scaled.optimiser, optimiser]) part.dispose();
  plain.free();
  scaled.free();
});

test('a loss that is no number of its own is refused, and leaves nothing behind', () => {
  const { store, x, optimiser, free } = made();
  const live = device.live;
  const layer = () => mul(x, store.get('hidden.weight').reshape([15]));
  expect(() => trainStep(optimiser, () => x)).toThrow(ShapeError);
  expect(() => trainStep(optimiser, () => x)).toThrow('got a loss of shape [8,3], expected one number');
  expect(() => trainStep(optimiser, layer)).toThrow(ShapeError);
  expect(device.live).toBe(live);
  optimiser.dispose();
  free();
});

test('a loss that is NaN is named at the next metrics', async () => {
  const { store, optimiser, free } = made();
  using step = trainStep(optimiser, () => mean(log(store.get('out.bias')), 0));
  store.get('out.bias').write(Float32Array.of(-1, 1));
  step.run(1e-3);
  await expect(step.metrics()).rejects.toThrow(NotFiniteError);
  optimiser.dispose();
  free();
});

test('a linear layer is named and drawn as torch names and draws its own', async () => {
  const store = new ParameterStore(device);
  const layer = new Linear(store, 'head', 4, 3, { weight: normal(0.5), bias: constant(2) });
  const bare = new Linear(store, 'bare', 4, 3, { bias: false });
  const torch = new Linear(store, 'torch', 64, 32);
  store.finish(1);
  expect(store.names).toEqual(['head.weight', 'head.bias', 'bare.weight', 'torch.weight', 'torch.bias']);
  expect(store.get('head.weight').shape).toEqual([3, 4]);
  expect([...(await store.get('head.bias').read())]).toEqual([2, 2, 2]);
  expect(bare.bias).toBeUndefined();
  const drawn = await torch.weight.read();
  // Of 2 048 draws within ±1/8 the largest lies close to it.
  expect(Math.max(...drawn.map(Math.abs))).toBeLessThanOrEqual(0.125);
  expect(Math.max(...drawn.map(Math.abs))).toBeGreaterThan(0.12);
  using _scope = device.scope();
  const x = device.tensor(X, [6, 4]);
  const weight = await layer.weight.read();
  const expected = Float32Array.from({ length: 18 }, (_, at) => {
    const [row, out] = [Math.floor(at / 3), at % 3];
    return [0, 1, 2, 3].reduce((sum, i) => sum + X[4 * row + i] * weight[4 * out + i], 2);
  });
  const y = await layer.forward(x.detach()).read();
  expect(Math.max(...y.map((value, i) => Math.abs(value - expected[i])))).toBeLessThan(1e-5);
  const norm = { gamma: device.tensor(new Float32Array(4).fill(1)), beta: device.zeros([4]), eps: 1e-5 };
  const [fused, apart] = [layer.afterNorm(x, norm, { relu: true }), layer.forward(layerNorm(x, norm), { relu: true })];
  const [a, b] = [await fused.read(), await apart.read()];
  expect(Math.max(...a.map((value, i) => Math.abs(value - b[i])))).toBeLessThan(1e-5);
  store.dispose();
});

test('a frozen store is not trained', () => {
  const store = new ParameterStore(device, false);
  const frozen = new Linear(store, 'frozen', 2, 2);
  store.finish(0);
  const optimiser = new AdamW(store);
  expect(() => trainStep(optimiser, () => mean(frozen.weight.reshape([4]), 0))).toThrow('gradients of a frozen');
  optimiser.dispose();
  store.dispose();
});
