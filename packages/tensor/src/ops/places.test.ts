import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { backward } from '../autograd.js';
import type { Device } from '../device.js';
import { requestDevice } from '../node.js';
import type { Tensor } from '../tensor.js';
import { gradientErrors } from '../testing/gradient-check.js';
import { argsort, gatherRows, indexSelect, mul, scatterAdd, sort, sum, takeAlongAxis, topK } from './index.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

const wave = (n: number, phase: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 1.7 + phase) + 0.1);
const count = (n: number): Float32Array => Float32Array.from({ length: n }, (_, i) => i);
/** All different, 0.05 apart at least: no order changes within a difference. */
const spaced = Float32Array.from({ length: 60 }, (_, i) => ((i * 37) % 60) / 20 - 1);
const NONE = 0xffffffff;

test('gradients agree with differences', async () => {
  const index = (...places: number[]): Tensor => device.tensor(Uint32Array.from(places));
  const along = Uint32Array.from({ length: 3 * 70 * 5 }, (_, i) => (i * 7) % 4);
  const uses: ((x: Tensor) => Tensor)[] = [
    (x) => takeAlongAxis(x, device.tensor(along.subarray(0, 30), [3, 2, 5]), 1),
    (x) => takeAlongAxis(x, device.tensor(along, [3, 70, 5]), -2),
    (x) => indexSelect(x, index(2, 0, 2, 2, 1)),
    (x) => indexSelect(x, index(3, 3, 0), 1),
    (x) => indexSelect(x, index(4, 4, 4, 1), -1),
    (x) => gatherRows(x, index(1, NONE, 1, 0, 1)),
    (x) => scatterAdd(x, index(1, 1, NONE, 0, 1), gatherRows(x, index(0, 2, 2, 1, 0))),
    (x) => sort(x).values,
    (x) => sort(x, 1, true).values,
    (x) => topK(x, 2).values,
    (x) => topK(x, 2, 0, true).values,
  ];
  for (const [i, use] of uses.entries()) {
    const errors = await gradientErrors(
      device,
      { x: { data: spaced, shape: [3, 4, 5] } },
      ({ x }) => {
        const out = use(x);
        return sum(mul(mul(out, out), device.tensor(wave(out.size, 3), out.shape)));
      },
      3e-3,
    );
    expect(errors.x, `use ${i}`).toBeLessThan(5e-3);
  }
});

test('places past the end: NaN, 0 for integers, zeros of rows; no gradient', async () => {
  using _scope = device.scope();
  const x = device.tensor(count(6), [2, 3]).requireGradient();
  const index = device.tensor(Uint32Array.of(2, 3, NONE, 0), [2, 2]);
  const taken = takeAlongAxis(x, index, 1);
  expect(Array.from(await taken.read())).toEqual([2, Number.NaN, Number.NaN, 3]);
  backward(taken, device.tensor(Float32Array.of(1, 1, 1, 1), [2, 2]));
  expect(Array.from(await (x.gradient as Tensor).read())).toEqual([0, 0, 1, 1, 0, 0]);
  expect(Array.from(await indexSelect(x, device.tensor(Uint32Array.of(9, 1)), 1).read())).toEqual([Number.NaN, 1, Number.NaN, 4]);
  const numbers = device.tensor(Int32Array.of(-5, 6));
  const [whole] = await device.read([indexSelect(numbers, device.tensor(Uint32Array.of(1, 2)))]);
  expect(whole).toEqual(Int32Array.of(6, 0));
  expect(Array.from(await takeAlongAxis(device.zeros([2, 0]), device.tensor(Uint32Array.of(0, 0), [2, 1]), 1).read())).toEqual([
    Number.NaN,
    Number.NaN,
  ]);
});

test('sums into places have one order: the same bits twice, as a sum in that order', async () => {
  using _scope = device.scope();
  const [rows, columns, indexed] = [1000, 3, 7];
  const values = wave(rows * columns, 1).map((value, i) => value * 10 ** (i % 7));
  const index = Uint32Array.from({ length: rows }, (_, i) => (i * i) % 8);
  const expected = new Float32Array(indexed * columns);
  index.forEach((row, i) => {
    if (row < indexed)
      for (let c = 0; c < columns; c++) expected[row * columns + c] = Math.fround(expected[row * columns + c] + values[i * columns + c]);
  });
  const run = async (): Promise<Float32Array> =>
    scatterAdd(device.zeros([indexed, columns]), device.tensor(index), device.tensor(values, [rows, columns])).read();
  const first = await run();
  expect(first).toEqual(expected);
  expect(await run()).toEqual(first);
});

test('sorts of any shape along any axis are those of JavaScript', async () => {
  const numbers = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom(Number.NaN, Infinity, -Infinity, -0),
    fc.float({ noNaN: true }),
  );
  const given = fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 3 }), fc.boolean())
    .chain(([outer, axis, inner, descending]) =>
      fc.record({
        shape: fc.constant([outer, axis, inner]),
        descending: fc.constant(descending),
        data: fc.array(numbers, { minLength: outer * axis * inner, maxLength: outer * axis * inner }),
        k: fc.integer({ min: 0, max: axis }),
      }),
    );
  const rank = (value: number): number => (Number.isNaN(value) ? 2 : value === Infinity ? 1 : 0);
  const compare = (a: number, b: number): number => rank(a) - rank(b) || (rank(a) > 0 || a === b ? 0 : a < b ? -1 : 1);
  await fc.assert(
    fc.asyncProperty(given, async ({ shape, descending, data, k }) => {
      using _scope = device.scope();
      const [outer, axis, inner] = shape;
      const x = device.tensor(Float32Array.from(data), shape);
      const sorted = sort(x, 1, descending);
      const top = topK(x, k, 1, !descending);
      const read = await device.read([sorted.values, sorted.indices, argsort(x, 1, descending), top.values, top.indices]);
      const [values, indices, places, topValues, topIndices] = read.map((one) => Array.from(one));
      expect(places).toEqual(indices);
      const held = Float32Array.from(data);
      for (let o = 0; o < outer; o++)
        for (let i = 0; i < inner; i++) {
          const line = Array.from({ length: axis }, (_, n) => held[(o * axis + n) * inner + i]);
          const order = line.map((_, n) => n).sort((a, b) => (descending ? -1 : 1) * compare(line[a], line[b]) || a - b);
          order.forEach((place, n) => {
            expect(indices[(o * axis + n) * inner + i]).toBe(place);
            expect(values[(o * axis + n) * inner + i]).toBe(line[place]);
            if (n >= k) return;
            expect(topIndices[(o * k + n) * inner + i]).toBe(place);
            expect(topValues[(o * k + n) * inner + i]).toBe(line[place]);
          });
        }
    }),
    { numRuns: 30, seed: 3 },
  );
});

test('what does not fit is refused', () => {
  using _scope = device.scope();
  const [x, index] = [device.zeros([3, 2]), device.zeros([3], 'u32')];
  expect(() => takeAlongAxis(x, index, 1)).toThrow('equal sizes but along axis 1');
  expect(() => takeAlongAxis(x, device.zeros([3, 1]), 1)).toThrow('index of f32');
  expect(() => indexSelect(x, device.zeros([3], 'i32'))).toThrow('index of i32');
  expect(() => indexSelect(x, device.zeros([3, 1], 'u32'))).toThrow('one axis');
  expect(() => scatterAdd(x, index, device.zeros([2, 2]))).toThrow('an index a row');
  expect(() => scatterAdd(device.zeros([3, 2], 'i32'), index, x)).toThrow('x of i32');
  expect(() => topK(x, 3)).toThrow('3 of the 2');
  expect(() => sort(x, 2)).toThrow('axis 2');
});
