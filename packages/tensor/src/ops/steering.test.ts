import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Device } from '../device.js';
import { requestDevice } from '../node.js';
import { gradientErrors } from '../testing/gradient-check.js';
import { mul } from './elementwise.js';
import { sum } from './reduce.js';
import { steer } from './steering.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

const wave = (n: number, phase: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 1.7 + phase) + 0.1);
const [N, D, HIDDEN, RANK] = [7, 6, 4, 3];
const size = (HIDDEN + 1) * RANK * D;

test.each([HIDDEN, HIDDEN + 1])('gradients of steering by %i coefficients agree with differences', async (columns) => {
  const errors = await gradientErrors(
    device,
    {
      e: { data: wave(N * D, 0), shape: [N, D] },
      c: { data: wave(N * columns, 1), shape: [N, columns] },
      a: { data: wave(size, 2), shape: [(HIDDEN + 1) * RANK, D] },
      b: { data: wave(size, 3), shape: [(HIDDEN + 1) * RANK, D] },
    },
    ({ e, c, a, b }) => sum(mul(steer(e, c, a, b, RANK), device.tensor(wave(N * D, 4), [N, D]))),
  );
  for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-3);
});

test('it is the residual plus U e, U being built', async () => {
  using _scope = device.scope();
  const [e, c, a, b] = [wave(N * D, 0), wave(N * HIDDEN, 1), wave(size, 2), wave(size, 3)];
  const wide = [(HIDDEN + 1) * RANK, D];
  const y = await steer(
    device.tensor(e, [N, D]),
    device.tensor(c, [N, HIDDEN]),
    device.tensor(a, wide),
    device.tensor(b, wide),
    RANK,
  ).read();
  for (let n = 0; n < N; n++) {
    const emitted = (weight: Float32Array, rho: number, k: number): number => {
      let value = weight[(HIDDEN * RANK + rho) * D + k];
      for (let j = 0; j < HIDDEN; j++) value += c[n * HIDDEN + j] * weight[(j * RANK + rho) * D + k];
      return value;
    };
    for (let out = 0; out < D; out++) {
      let value = e[n * D + out];
      for (let k = 0; k < D; k++) for (let rho = 0; rho < RANK; rho++) value += emitted(b, rho, out) * emitted(a, rho, k) * e[n * D + k];
      expect(Math.abs(y[n * D + out] - value)).toBeLessThan(1e-4 * Math.max(1, Math.abs(value)));
    }
  }
});

test('shapes that do not fit are refused', () => {
  using _scope = device.scope();
  const wide = device.zeros([15, 6]);
  expect(() => steer(device.zeros([7, 6]), device.zeros([7, 3]), wide, wide, 3)).toThrow('steer');
  expect(() => steer(device.zeros([7, 5]), device.zeros([7, 4]), wide, wide, 3)).toThrow('steer');
});
