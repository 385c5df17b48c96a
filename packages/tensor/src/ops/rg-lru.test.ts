import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Device } from '../device.js';
import { requestDevice } from '../node.js';
import { gradientErrors } from '../testing/gradient-check.js';
import { mul, rgLru, slice, sum } from './index.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

const wave = (n: number, phase: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 1.7 + phase) + 0.1);
const [B, T, D] = [3, 5, 4];

test.each([true, false])('gradients agree with differences, with a first state: %s', async (initial) => {
  const errors = await gradientErrors(
    device,
    {
      x: { data: wave(B * T * D, 0), shape: [B, T, D] },
      gates: { data: wave(B * T * 2 * D, 1), shape: [B, T, 2 * D] },
      lambda: { data: wave(D, 2).map((value) => value - 3), shape: [D] },
      ...(initial ? { h0: { data: wave(B * D, 3), shape: [B, D] } } : {}),
    },
    ({ x, gates, lambda, h0 }) => {
      const h = rgLru({ x, gates, lambda, ...(h0 ? { h0 } : {}) });
      return sum(mul(h, mul(h, h)));
    },
  );
  for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-3);
});

test('step by step it is what it is over all of time', async () => {
  using _scope = device.scope();
  const x = device.tensor(wave(B * T * D, 0), [B, T, D]);
  const gates = device.tensor(wave(B * T * 2 * D, 1), [B, T, 2 * D]);
  const lambda = device.tensor(wave(D, 2));
  const whole = await rgLru({ x, gates, lambda }).read();
  let h0 = device.zeros([B, D]);
  for (let t = 0; t < T; t++) {
    h0 = rgLru({ x: slice(x, 1, t, t + 1), gates: slice(gates, 1, t, t + 1), lambda, h0 }).reshape([B, D]);
    const step = await h0.read();
    for (let at = 0; at < step.length; at++) expect(step[at]).toBe(whole[(Math.floor(at / D) * T + t) * D + (at % D)]);
  }
});

test('shapes that do not fit are refused', () => {
  using _scope = device.scope();
  const x = device.zeros([B, T, D]);
  const gates = device.zeros([B, T, 2 * D]);
  expect(() => rgLru({ x, gates: x, lambda: device.zeros([D]) })).toThrow('gates');
  expect(() => rgLru({ x, gates, lambda: device.zeros([1]) })).toThrow('lambda');
  expect(() => rgLru({ x, gates, lambda: device.zeros([D]), h0: x })).toThrow('h0');
});
