import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Device } from '../device.js';
import { requestDevice } from '../node.js';
import { gradientErrors } from '../testing/gradient-check.js';
import { mul, sigmoid } from './elementwise.js';
import { linear } from './linear.js';
import { layerNorm } from './norm.js';
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

test('gradients of a linear layer with bias, residual and layer norm agree with differences', async () => {
  const errors = await gradientErrors(
    device,
    {
      x: { data: wave(7 * 12, 0), shape: [7, 12] },
      w: { data: wave(5 * 12, 1), shape: [5, 12] },
      b: { data: wave(5, 2), shape: [5] },
      r: { data: wave(35, 3), shape: [7, 5] },
      gamma: { data: wave(12, 4), shape: [12] },
      beta: { data: wave(12, 5), shape: [12] },
    },
    ({ x, w, b, r, gamma, beta }) => {
      const y = linear(layerNorm(x, { gamma, beta }), w, { bias: b, residual: r });
      return sum(mul(y, sigmoid(y)));
    },
  );
  for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-3);
});

test('gradients with widths that divide into fours and a relu agree with differences', async () => {
  const errors = await gradientErrors(
    device,
    {
      x: { data: wave(9 * 12, 0), shape: [9, 12] },
      w: { data: wave(8 * 12, 1), shape: [8, 12] },
      b: { data: wave(8, 2), shape: [8] },
    },
    ({ x, w, b }) => {
      const y = linear(x, w, { bias: b, relu: true });
      return sum(mul(y, sigmoid(y)));
    },
  );
  for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-3);
});
