import { embeddingParts } from '@coxswain/kernels';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { relativeError } from '../../../../kernels/src/testing/harness.js';
import { backward } from '../autograd.js';
import type { Device } from '../device.js';
import { requestDevice } from '../node.js';
import type { Tensor } from '../tensor.js';
import { gradientErrors } from '../testing/gradient-check.js';
import { mul, sigmoid } from './elementwise.js';
import { embeddingSum } from './embedding.js';
import { sum } from './reduce.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

// Two slots with rows of their own, 0…2 and 3…4; the last place is empty.
const indices = Int32Array.of(0, 3, 2, 4, 1, 3, 2, -1);
const table = Float32Array.from({ length: 5 * 6 }, (_, i) => Math.sin(i * 1.7));

test('adds the rows that the indices name', async () => {
  using _scope = device.scope();
  const out = await embeddingSum(device.tensor(table, [5, 6]), device.tensor(indices, [4, 2])).read();
  const row = (v: number, d: number) => (v < 0 ? 0 : table[v * 6 + d]);
  expect([...out]).toEqual(
    Array.from({ length: 24 }, (_, i) =>
      Math.fround(row(indices[2 * Math.floor(i / 6)], i % 6) + row(indices[2 * Math.floor(i / 6) + 1], i % 6)),
    ),
  );
});

test.each([false, true])('gradients agree with differences (by slot: %s)', async (bySlot) => {
  const errors = await gradientErrors(device, { table: { data: table, shape: [5, 6] } }, ({ table: t }) => {
    const y = embeddingSum(t, device.tensor(indices, [4, 2]), { bySlot });
    return sum(mul(y, sigmoid(y)));
  });
  expect(errors.table).toBeLessThan(5e-3);
});

test('the kernels of GPUs give the same gradient, its rows in parts', async () => {
  const [rows, slots, width, perSlot] = [700, 3, 8, 4];
  const places = Int32Array.from({ length: rows * slots }, (_, i) => (i % slots) * perSlot + ((i * 7) % perSlot));
  const values = Float32Array.from({ length: slots * perSlot * width }, (_, i) => Math.sin(i * 1.7));
  const gradient = async (on: Device): Promise<Float32Array> => {
    using _scope = on.scope();
    const t = on.tensor(values, [slots * perSlot, width]).requireGradient();
    const y = embeddingSum(t, on.tensor(places, [rows, slots]), { bySlot: true });
    backward(sum(mul(y, sigmoid(y))));
    return (await (t.gradient as Tensor).read()) as Float32Array;
  };
  using gpu = await requestDevice({ family: 'gpu' });
  expect(embeddingParts({ rows, slots, width, vocabulary: slots * perSlot }, gpu.traits)).toBeGreaterThan(1);
  expect(relativeError(await gradient(gpu), await gradient(device))).toBeLessThan(1e-5);
});

test('indices that are not i32 are refused', () => {
  using _scope = device.scope();
  expect(() => embeddingSum(device.zeros([3, 4]), device.zeros([2, 2]))).toThrow(/embeddingSum/);
});
