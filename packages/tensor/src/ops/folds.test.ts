import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Device } from '../device.js';
import { requestDevice } from '../node.js';
import { gradientErrors } from '../testing/gradient-check.js';
import { all, any, argmax, argmin, logSumExp, max, mean, min, mul, standardDeviation, sum, variance } from './index.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

const wave = (n: number, phase: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 1.7 + phase) + 0.1);

/** All different, 0.05 apart at least: no extreme changes hands within a difference. */
const spaced = Float32Array.from({ length: 60 }, (_, i) => ((i * 37) % 60) / 20 - 1);

test.each([[0], [1], [-1], [undefined]])('gradients over axis %s agree with differences', async (axis) => {
  for (const reduce of [max, min, variance, standardDeviation, logSumExp]) {
    const errors = await gradientErrors(
      device,
      { x: { data: spaced, shape: [3, 4, 5] } },
      ({ x }) => {
        const out = reduce(x, axis);
        return sum(mul(out, device.tensor(wave(out.size, 3), out.shape)));
      },
      3e-3,
    );
    expect(errors.x, reduce.name).toBeLessThan(5e-3);
  }
});

test('places, truths and shapes', async () => {
  using _scope = device.scope();
  const x = device.tensor(Float32Array.of(1, 5, 5, Number.NaN, -0, 0, Number.NaN, 7, -Infinity), [3, 3]);
  expect(Array.from(await argmax(x, 1).read())).toEqual([1, 0, 0]);
  expect(Array.from(await argmin(x, 0).read())).toEqual([1, 1, 2]);
  expect(await argmax(x).item()).toBe(3);
  expect(Array.from(await max(x, 1).read())).toEqual([5, Number.NaN, Number.NaN]);
  expect(Array.from(await any(x, 0).read())).toEqual([1, 1, 1]);
  expect(Array.from(await all(x, 1).read())).toEqual([1, 0, 1]);
  const numbers = device.tensor(Int32Array.of(-3, 0, 2, 2), [2, 2]);
  const [largest, nonzero] = await device.read([max(numbers, 1), all(numbers, 1)]);
  expect([largest, nonzero]).toEqual([Int32Array.of(0, 2), Int32Array.of(0, 1)]);
  expect(max(x, -1).shape).toEqual([3]);
  expect(argmax(x).dtype).toBe('u32');
});

test('nothing to reduce: the empty sum, or a refusal', async () => {
  using _scope = device.scope();
  const x = device.zeros([2, 0]);
  expect(Array.from(await sum(x, 1).read())).toEqual([0, 0]);
  expect(Array.from(await any(x, 1).read())).toEqual([0, 0]);
  expect(Array.from(await all(x, 1).read())).toEqual([1, 1]);
  expect(Array.from(await logSumExp(x, 1).read())).toEqual([-Infinity, -Infinity]);
  for (const reduce of [max, min, argmax, argmin, variance, mean])
    expect(() => reduce(x, 1), reduce.name).toThrow(/at least one|more elements/);
  expect(max(x, 0).shape).toEqual([0]);
  expect(() => variance(device.zeros([1]))).toThrow('correction of 1');
  expect(await variance(device.tensor(Float32Array.of(3)), 0, 0).item()).toBe(0);
  expect(() => variance(device.zeros([4]), 0, Number.NaN)).toThrow('correction NaN');
  expect(() => max(x, 2)).toThrow('axis 2');
  expect(() => logSumExp(device.zeros([2], 'i32'))).toThrow('i32');
});

test('NaN arrives through sums and means, of every length', async () => {
  using _scope = device.scope();
  for (const length of [1, 33, 300, 20_001]) {
    const data = wave(length, 0);
    data[length >> 1] = Number.NaN;
    const x = device.tensor(data);
    for (const reduce of [sum, mean, max, min, variance, standardDeviation, logSumExp])
      expect(await (length === 1 && /variance|Dev/.test(reduce.name) ? mean : reduce)(x).item(), reduce.name).toBeNaN();
    data[length >> 1] = Infinity;
    expect(await sum(device.tensor(data)).item()).toBe(Infinity);
  }
});
