import { linearRecurrenceReference, scanReference } from '@coxswain/kernels';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { backward } from '../autograd.js';
import type { Device } from '../device.js';
import { requestDevice } from '../node.js';
import { gradientErrors } from '../testing/gradient-check.js';
import { mul } from './elementwise.js';
import { rnn } from './gru.js';
import { sum } from './reduce.js';
import { cummax, cumsum, linearRecurrence } from './scan.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

/** ‖out − reference‖ / ‖reference‖ */
const relativeError = (out: ArrayLike<number>, reference: Float64Array): number =>
  Math.hypot(...reference.map((value, i) => out[i] - value)) / Math.hypot(...reference);

const wave = (n: number, phase: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 1.7 + phase) + 0.1);

test.each([
  { shape: [200], axis: 0, outer: 1, time: 200, width: 1 },
  { shape: [3, 130, 4], axis: -2, outer: 3, time: 130, width: 4 },
  { shape: [3, 5, 7], axis: 2, outer: 15, time: 7, width: 1 },
])('sums and maxima so far along axis $axis of $shape, and the gradient of the sums', async ({ shape, axis, ...sizes }) => {
  using _scope = device.scope();
  const [x, seed] = [wave(sizes.outer * sizes.time * sizes.width, 0), wave(sizes.outer * sizes.time * sizes.width, 1)];
  const add = (left: number, right: number): number => left + right;
  for (const reverse of [false, true]) {
    const given = device.tensor(x, shape).requireGradient();
    const y = cumsum(given, axis, { reverse });
    expect(relativeError(await y.read(), scanReference({ ...sizes, reverse: reverse ? 1 : 0 }, x, add))).toBeLessThan(1e-5);
    backward(y, device.tensor(seed, shape));
    const gradient = scanReference({ ...sizes, reverse: reverse ? 0 : 1 }, seed, add);
    expect(relativeError((await given.gradient?.read()) ?? [], gradient)).toBeLessThan(1e-5);
  }
  const largest = scanReference({ ...sizes, reverse: 0 }, x, Math.max);
  expect([...(await cummax(device.tensor(x, shape), axis).read())]).toEqual([...largest]);
});

test.each([true, false])('a linear recurrence and its gradients, with a first state: %s', async (initial) => {
  const [outer, time, width] = [2, 140, 3];
  const [a, b, h0] = [wave(840, 0).map((v) => v / 2), wave(840, 1), wave(6, 2)];
  const inputs = { a: { data: a, shape: [outer, time, width] }, b: { data: b, shape: [outer, time, width] } };
  const errors = await gradientErrors(
    device,
    { ...inputs, ...(initial ? { h0: { data: h0, shape: [outer, width] } } : {}) },
    ({ a, b, h0 }) => {
      const h = linearRecurrence({ a, b, ...(h0 ? { h0 } : {}) });
      return sum(mul(h, mul(h, h)));
    },
    1e-3,
  );
  for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-3);
  using _scope = device.scope();
  const h = linearRecurrence({
    ...{ a: device.tensor(a, [outer, time, width]), b: device.tensor(b, [outer, time, width]) },
    ...(initial ? { h0: device.tensor(h0, [outer, width]) } : {}),
  });
  const right = linearRecurrenceReference({ outer, time, width }, { a, b, dh: b, ...(initial ? { h0 } : {}) });
  expect(relativeError(await h.read(), right.h)).toBeLessThan(1e-5);
});

test('gradients through a tanh network agree with differences', async () => {
  const [B, T, H] = [3, 4, 8];
  const errors = await gradientErrors(
    device,
    {
      gates: { data: wave(B * T * H, 0), shape: [B, T, H] },
      whh: { data: wave(H * H, 1).map((v) => v / 3), shape: [H, H] },
      bhh: { data: wave(H, 2), shape: [H] },
      h0: { data: wave(B * H, 3), shape: [B, H] },
    },
    ({ gates, whh, bhh, h0 }) => sum(mul(rnn(gates, whh, bhh, { h0 }), device.tensor(wave(B * T * H, 4), [B, T, H]))),
  );
  for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-3);
});

test('what does not fit is refused', () => {
  using _scope = device.scope();
  const x = device.zeros([2, 3, 4]);
  expect(() => cumsum(x, 3)).toThrow('axis 3');
  expect(() => cummax(device.tensor(Uint32Array.of(1, 2)))).toThrow('u32');
  expect(() => linearRecurrence({ a: x, b: device.zeros([2, 3]) })).toThrow('b f32');
  expect(() => linearRecurrence({ a: x, b: x, h0: device.zeros([2, 3]) })).toThrow('h0');
  expect(cumsum(device.zeros([0, 3])).size).toBe(0);
});
