import { expect, test } from 'vitest';
import type { Family } from '../declaration.js';
import { ORDER } from '../reduce/index.js';
import { type Data, poison, randomNormal, runKernel } from '../testing/harness.js';
import { type SortShape, sortBlocks, sortFinish, sortMerge, sortMerges } from './index.js';
import { sortReference } from './reference.js';

async function runSort(
  shape: Omit<SortShape, 'width' | 'values'>,
  x: Data,
  family: Family,
): Promise<{ values: Uint32Array; indices: Uint32Array }> {
  const whole = { ...shape, width: 0, values: 1 };
  const words = 2 * shape.rows * shape.length;
  let { pairs } = await runKernel(sortBlocks, whole, { x, pairs: poison(words) }, { family });
  for (const merge of sortMerges(whole)) pairs = (await runKernel(sortMerge, merge, { pairs, merged: poison(words) }, { family })).merged;
  const results = { values: poison(shape.rows * shape.keep), indices: poison(shape.rows * shape.keep) };
  const { values, indices } = await runKernel(sortFinish, whole, { pairs, x, ...results }, { family });
  return { values: new Uint32Array(values.buffer), indices: new Uint32Array(indices.buffer) };
}

/** Rows with ties, zeros of both signs, NaN and infinities among them. */
function rowsOf(rows: number, length: number): Float32Array {
  const specials = [Number.NaN, Infinity, -Infinity, 0, -0, 1e-40, 3.4e38];
  return randomNormal(rows * length, length).map((value, i) => (i % 11 === 7 ? specials[(i * 5) % 7] : Math.round(3 * value) / 3));
}

for (const family of ['software', 'gpu'] as const) {
  test.each([
    [1, 1, 1],
    [5, 3, 3],
    [3, 8, 8],
    [2, 9, 9],
    [7, 37, 37],
    [3, 100, 5],
    [2, 1000, 1000],
    [2, 1000, 17],
    [1, 20_001, 20_001],
    [1, 20_001, 1],
  ])(`rows on ${family}: %i of %i, the first %i`, async (rows, length, keep) => {
    const x = rowsOf(rows, length);
    const bits = new Uint32Array(x.buffer);
    for (const descending of [0, 1]) {
      const { values, indices } = await runSort({ rows, length, keep, order: ORDER.f32, descending }, x, family);
      for (let row = 0; row < rows; row++) {
        const places = sortReference(x.subarray(row * length, (row + 1) * length), descending === 1).slice(0, keep);
        expect(Array.from(indices.subarray(row * keep, (row + 1) * keep))).toEqual(places);
        expect(Array.from(values.subarray(row * keep, (row + 1) * keep))).toEqual(places.map((place) => bits[row * length + place]));
      }
    }
  });

  test(`integers on ${family}`, async () => {
    const unsigned = Uint32Array.from({ length: 70 }, (_, i) => [0, 0xffffffff, 5, 0x80000000, 0x7fffffff][i % 5]);
    const signed = Int32Array.from(unsigned);
    for (const [order, x] of [[ORDER.u32, unsigned] as const, [ORDER.i32, signed] as const])
      for (const descending of [0, 1]) {
        const { indices } = await runSort({ rows: 1, length: 70, keep: 70, order, descending }, x, family);
        expect(Array.from(indices)).toEqual(sortReference(x, descending === 1));
      }
  });
}
