import { gruForwardReference } from '@coxswain/kernels';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { noGrad } from '../autograd.js';
import type { Device } from '../device.js';
import { requestDevice } from '../node.js';
import { gradientErrors } from '../testing/gradient-check.js';
import { mul } from './elementwise.js';
import { gru } from './gru.js';
import { linear } from './linear.js';
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
// A width that the kernels for subgroups take, beside the tests of the kernels themselves, which cover the others.
const [B, T, I, H] = [5, 6, 4, 8];

test.each([
  { reverse: false, padded: false },
  { reverse: false, padded: true },
  { reverse: true, padded: true },
])('gradients through a projected GRU agree with differences, reverse $reverse, padded $padded', async ({ reverse, padded }) => {
  const errors = await gradientErrors(
    device,
    {
      x: { data: wave(B * T * I, 0), shape: [B * T, I] },
      wih: { data: wave(3 * H * I, 1).map((v) => v / 2), shape: [3 * H, I] },
      bih: { data: wave(3 * H, 2), shape: [3 * H] },
      whh: { data: wave(3 * H * H, 3).map((v) => v / 3), shape: [3 * H, H] },
      bhh: { data: wave(3 * H, 4), shape: [3 * H] },
      h0: { data: wave(B * H, 5), shape: [B, H] },
    },
    ({ x, wih, bih, whh, bhh, h0 }) => {
      const lengths = padded ? device.tensor(Uint32Array.of(6, 1, 0, 4, 5)) : undefined;
      const states = gru(linear(x, wih, { bias: bih }).reshape([B, T, 3 * H]), whh, bhh, { h0, lengths, reverse });
      return sum(mul(states, device.tensor(wave(B * T * H, 6), [B, T, H])));
    },
  );
  for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-3);
});

/** Lengths of five sequences, and where each time begins where they are packed. */
const LENGTHS = [6, 5, 4, 1, 0];
const BEGINS = [0, 4, 7, 10, 13, 15, 16];
const PACKED = 18;

test.each([false, true])('gradients through packed sequences agree with differences, reverse %s', async (reverse) => {
  const errors = await gradientErrors(
    device,
    {
      x: { data: wave(PACKED * I, 0), shape: [PACKED, I] },
      wih: { data: wave(3 * H * I, 1).map((v) => v / 2), shape: [3 * H, I] },
      bih: { data: wave(3 * H, 2), shape: [3 * H] },
      whh: { data: wave(3 * H * H, 3).map((v) => v / 3), shape: [3 * H, H] },
      bhh: { data: wave(3 * H, 4), shape: [3 * H] },
      h0: { data: wave(B * H, 5), shape: [B, H] },
    },
    ({ x, wih, bih, whh, bhh, h0 }) => {
      const lengths = device.tensor(Uint32Array.of(...LENGTHS, ...BEGINS));
      const states = gru(linear(x, wih, { bias: bih }), whh, bhh, { h0, lengths, reverse, packed: { batch: B, time: T } });
      return sum(mul(states, device.tensor(wave(PACKED * H, 6), [PACKED, H])));
    },
  );
  for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-3);
});

test('packed sequences have the states of padded ones, and zeros behind them', async () => {
  using _scope = device.scope();
  const [whh, bhh] = [device.tensor(wave(3 * H * H, 1), [3 * H, H]), device.tensor(wave(3 * H, 2))];
  const gates = wave(B * T * 3 * H, 0);
  const padded = await gru(device.tensor(gates, [B, T, 3 * H]), whh, bhh, { lengths: device.tensor(Uint32Array.from(LENGTHS)) }).read();
  const rows = Array.from({ length: T }, (_, t) => LENGTHS.flatMap((length, b) => (t < length ? [b * T + t] : []))).flat();
  const packedGates = new Float32Array(PACKED * 3 * H);
  rows.forEach((row, i) => {
    packedGates.set(gates.subarray(row * 3 * H, (row + 1) * 3 * H), i * 3 * H);
  });
  const lengths = device.tensor(Uint32Array.of(...LENGTHS, ...BEGINS));
  const packed = await gru(device.tensor(packedGates, [PACKED, 3 * H]), whh, bhh, { lengths, packed: { batch: B, time: T } }).read();
  rows.forEach((row, i) => {
    expect(packed.subarray(i * H, (i + 1) * H)).toEqual(padded.subarray(row * H, (row + 1) * H));
  });
  expect(packed.subarray(rows.length * H)).toEqual(new Float32Array((PACKED - rows.length) * H));
});

test('one step without a gradient is the one with it', async () => {
  using _scope = device.scope();
  const [whh, bhh] = [device.tensor(wave(3 * H * H, 1), [3 * H, H]), device.tensor(wave(3 * H, 2))];
  const [gates, h0] = [device.tensor(wave(B * 3 * H, 0), [B, 1, 3 * H]), device.tensor(wave(B * H, 3), [B, H])];
  const alone = await noGrad(() => gru(gates, whh, bhh, { h0 })).read();
  whh.requireGradient();
  const recorded = await gru(gates, whh, bhh, { h0 }).read();
  alone.forEach((value, i) => {
    expect(value).toBeCloseTo(recorded[i], 5);
  });
});

test('without a state before the first step it starts at zero', async () => {
  using _scope = device.scope();
  const [gates, whh, bhh] = [wave(B * T * 3 * H, 0), wave(3 * H * H, 1), wave(3 * H, 2)];
  const out = await gru(device.tensor(gates, [B, T, 3 * H]), device.tensor(whh, [3 * H, H]), device.tensor(bhh)).read();
  const shape = { batch: B, time: T, hidden: H, withLengths: 0, reverse: 0, rows: 0, initial: 0, save: 0 } as const;
  const reference = gruForwardReference(shape, { gates, whh, bhh, h0: [], lengths: [] }).out;
  out.forEach((value, i) => {
    expect(value).toBeCloseTo(reference[i], 5);
  });
});

test('shapes that do not fit are refused', () => {
  using _scope = device.scope();
  const [gates, whh, bhh] = [device.zeros([2, 3, 12]), device.zeros([12, 4]), device.zeros([12])];
  expect(() => gru(gates, device.zeros([12, 3]), bhh)).toThrow('gru');
  expect(() => gru(gates, whh, bhh, { h0: device.zeros([3, 4]) })).toThrow('h0');
  expect(() => gru(gates, whh, bhh, { lengths: device.zeros([2]) })).toThrow('lengths');
  const packed = { batch: 2, time: 3 };
  expect(() => gru(gates, whh, bhh, { packed })).toThrow('gates [rows, 3·hidden]');
  const rows = gates.reshape([6, 12]);
  expect(() => gru(rows, whh, bhh, { packed })).toThrow('no lengths');
  expect(() => gru(rows, whh, bhh, { packed, lengths: device.tensor(new Uint32Array(2)) })).toThrow('u32 [6]');
});
