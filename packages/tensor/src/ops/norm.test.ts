import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Device } from '../device.js';
import { requestDevice } from '../node.js';
import { gradientErrors } from '../testing/gradient-check.js';
import { mul, sigmoid } from './elementwise.js';
import { layerNorm, rmsNorm } from './norm.js';
import { sum } from './reduce.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

const wave = (n: number, phase: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 1.7 + phase) + 0.1);

// 32 and 64 columns can be shared among eight lanes, 12 cannot.
test.each([
  [7, 12],
  [5, 32],
  [40, 64],
])('layer norm of %i rows of %i: gradients agree with differences', async (rows, width) => {
  const errors = await gradientErrors(
    device,
    {
      x: { data: wave(rows * width, 0), shape: [rows, width] },
      gamma: { data: wave(width, 4), shape: [width] },
      beta: { data: wave(width, 5), shape: [width] },
    },
    ({ x, gamma, beta }) => {
      const y = layerNorm(x, { gamma, beta });
      return sum(mul(y, sigmoid(y)));
    },
  );
  for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-3);
});

test.each([12, 64])('layer norm without gamma and beta, rows of %i', async (width) => {
  const errors = await gradientErrors(device, { x: { data: wave(3 * 2 * width, 0), shape: [3, 2, width] } }, ({ x }) => {
    const y = layerNorm(x);
    return sum(mul(y, sigmoid(y)));
  });
  expect(errors.x).toBeLessThan(5e-3);
});

test('RMS norm: gradients agree with differences', async () => {
  const errors = await gradientErrors(
    device,
    { x: { data: wave(5 * 20, 0), shape: [5, 20] }, gamma: { data: wave(20, 4), shape: [20] } },
    ({ x, gamma }) => {
      const y = rmsNorm(x, { gamma });
      return sum(mul(y, sigmoid(y)));
    },
  );
  for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-3);
});

test('a scale of another width is refused', () => {
  using _scope = device.scope();
  const x = device.zeros([2, 8]);
  const gamma = device.zeros([4]);
  expect(() => rmsNorm(x, { gamma })).toThrow(/rmsNorm/);
  expect(() => layerNorm(x, { gamma, beta: gamma })).toThrow(/layerNorm/);
});

test.each(['software', 'gpu'] as const)('RMS norm at the end of f32, %s', async (family) => {
  using ours = await requestDevice({ family });
  const x = Float32Array.of(-3e38, 88.75, 0, 0);
  const gamma = ours.tensor(Float32Array.of(1, 3, 1, 1));
  const [first, second] = await rmsNorm(ours.tensor(x, [1, 4]), { gamma }).read();
  const root = Math.sqrt(x.reduce((total, value) => total + value ** 2, 0) / 4);
  expect(first / (x[0] / root)).toBeCloseTo(1, 5);
  expect(second / ((x[1] / root) * 3)).toBeCloseTo(1, 5);
});
