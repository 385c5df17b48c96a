import { afterAll, beforeAll, expect, test } from 'vitest';
import { backward } from '../autograd.js';
import type { Device } from '../device.js';
import { requestDevice } from '../node.js';
import type { Tensor } from '../tensor.js';
import { gradientErrors } from '../testing/gradient-check.js';
import * as ops from './index.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

const size = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);
/** Numbers that keep away from 0, ±0.5 and each other's value, where some functions have corners. */
const wave = (n: number, phase: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => {
    const value = 1.2 * Math.sin(i * 1.7 + phase);
    return value + 0.15 * Math.sign(value);
  });

const unaries: Record<string, (x: Tensor) => Tensor> = {
  relu: ops.relu,
  sigmoid: ops.sigmoid,
  tanh: ops.tanh,
  exp: ops.exp,
  abs: ops.abs,
  square: ops.square,
  log: (x) => ops.log(ops.scale(ops.square(x), 1, 0.5)),
  sqrt: (x) => ops.sqrt(ops.scale(ops.square(x), 1, 0.5)),
  clamp: (x) => ops.clamp(x, -10, 10),
  scale: (x) => ops.scale(x, -2.5, 3),
  softmax: ops.softmax,
  logSoftmax: ops.logSoftmax,
};

test.each(Object.entries(unaries))('gradient of %s agrees with differences', async (_, f) => {
  const weights = wave(15, 7);
  const errors = await gradientErrors(
    device,
    { x: { data: wave(15, 0.3), shape: [3, 5] } },
    ({ x }) => ops.sum(ops.mul(f(x), device.tensor(weights, [3, 5]))),
    5e-3,
  );
  expect(errors.x).toBeLessThan(5e-3);
});

const binaries = { add: ops.add, sub: ops.sub, mul: ops.mul, div: ops.div, minimum: ops.minimum, maximum: ops.maximum };
const shapes: [number[], number[]][] = [
  [
    [4, 5],
    [4, 5],
  ],
  [[4, 5], [5]],
  [
    [4, 1],
    [4, 5],
  ],
  [
    [3, 1, 5],
    [1, 2, 1],
  ],
  [[1], [2, 3]],
];

for (const [name, f] of Object.entries(binaries)) {
  test.each(shapes)(`gradients of ${name} of [%j] and [%j] agree with differences`, async (aShape, bShape) => {
    const errors = await gradientErrors(
      device,
      {
        a: { data: wave(size(aShape), 0.3), shape: aShape },
        // Far from 0 for division, never equal to a.
        b: { data: wave(size(bShape), 2).map((value) => value + Math.sign(value)), shape: bShape },
      },
      ({ a, b }) => {
        const out = f(a, b);
        return ops.sum(ops.mul(out, device.tensor(wave(out.size, 5).map(Math.abs), out.shape)));
      },
      5e-3,
    );
    for (const [input, error] of Object.entries(errors)) expect(error, input).toBeLessThan(5e-3);
  });
}

test('an operand used twice collects both gradients', async () => {
  const errors = await gradientErrors(device, { x: { data: wave(6, 1), shape: [6] } }, ({ x }) => ops.sum(ops.mul(x, ops.add(x, x))));
  expect(errors.x).toBeLessThan(5e-3);
});

test('no gradient outside a clamp', async () => {
  using _scope = device.scope();
  const x = device.tensor(Float32Array.of(-2, 0.25, 2)).requireGradient();
  backward(ops.sum(ops.clamp(x, -1, 1)));
  expect(Array.from(await (x.gradient as Tensor).read())).toEqual([0, 1, 0]);
});

test('shapes that do not broadcast are refused by name', () => {
  using _scope = device.scope();
  expect(() => ops.add(device.zeros([3]), device.zeros([4]))).toThrow('[3] and [4]');
});
