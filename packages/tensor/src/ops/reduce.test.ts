import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Device } from '../device.js';
import { requestDevice } from '../node.js';
import { gradientErrors } from '../testing/gradient-check.js';
import { accumulateRows, accumulateSum, crossEntropy, maskedMean, mean, mul, sum } from './index.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

const wave = (n: number, phase: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 1.7 + phase) + 0.1);

test.each([[0], [1], [2], [-1], [undefined]])('sum and mean over axis %s', async (axis) => {
  const shape = [3, 4, 5];
  for (const reduce of [sum, mean]) {
    const errors = await gradientErrors(device, { x: { data: wave(60, 0), shape } }, ({ x }) => {
      const out = reduce(x, axis);
      return sum(mul(out, device.tensor(wave(out.size, 3), out.shape)));
    });
    expect(errors.x).toBeLessThan(5e-3);
  }
});

test('values of a sum, a mean and a long sum', async () => {
  using _scope = device.scope();
  const x = device.tensor(
    Float32Array.from({ length: 6 }, (_, i) => i),
    [2, 3],
  );
  expect(Array.from(await sum(x, 0).read())).toEqual([3, 5, 7]);
  expect(Array.from(await mean(x, 1).read())).toEqual([1, 4]);
  expect(sum(x, 1).shape).toEqual([2]);
  const long = device.tensor(new Float32Array(100_001).fill(0.5));
  expect(await sum(long).item()).toBe(50_000.5);
  expect(() => sum(x, 2)).toThrow('axis 2');
});

test('accumulated sums add to what is there', async () => {
  using _scope = device.scope();
  const x = device.tensor(
    Float32Array.from({ length: 6 }, (_, i) => i),
    [2, 3],
  );
  const total = device.tensor(Float32Array.of(10));
  accumulateSum(x, total);
  expect(await total.item()).toBe(25);
  const columns = device.tensor(Float32Array.of(1, 2, 3));
  accumulateRows(x, columns);
  expect(Array.from(await columns.read())).toEqual([4, 7, 10]);
});

test('gradients of a masked mean of cross-entropies agree with differences', async () => {
  const targets = Int32Array.of(0, 2, 1, -1, 2);
  const mask = Float32Array.of(1, 1, 0, 1, 1);
  const errors = await gradientErrors(device, { logits: { data: wave(15, 0), shape: [5, 3] } }, ({ logits }) =>
    maskedMean(crossEntropy(logits, device.tensor(targets)), device.tensor(mask)),
  );
  expect(errors.logits).toBeLessThan(5e-3);
});

test('an empty mask gives a mean of 0, shapes that do not fit are refused', async () => {
  using _scope = device.scope();
  expect(await maskedMean(device.tensor(wave(5, 0)), device.zeros([5])).item()).toBe(0);
  expect(() => maskedMean(device.zeros([5]), device.zeros([4]))).toThrow('maskedMean');
  expect(() => crossEntropy(device.zeros([5]), device.zeros([5], 'i32'))).toThrow('crossEntropy');
});
