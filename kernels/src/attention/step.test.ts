/** One step of sequences of different ages, that share heads and pasts. */
import { expect, test } from 'vitest';
import { noIndices, none, stepKernels } from '../testing/attention.js';
import { poison, randomNormal, relativeError, runKernel } from '../testing/harness.js';
import { separateAttention } from './index.js';
import { attentionReference } from './reference.js';

const [batch, time, heads, kvHeads, headDim, rows] = [5, 12, 4, 2, 8, 7];
const [width, cached] = [heads * headDim, kvHeads * headDim];
const qkv = randomNormal(batch * (width + 2 * cached), 1);
const [keys, values] = [randomNormal(rows * time * cached, 2), randomNormal(rows * time * cached, 3)];
const sizes = { batch, time, heads, kvHeads, headDim, buckets: 0, rows, window: 0 };

/**
 * What sequence b attends to: the steps of these rows and its own, through the float64 reference of whole sequences.
 */
function expected(b: number, past: readonly number[]): Float64Array {
  const start = b * (width + 2 * cached);
  const own = (at: number) => [...qkv.subarray(start + at, start + at + cached)];
  const gathered = (cache: Float32Array) => past.flatMap((place) => [...cache.subarray(place * cached, (place + 1) * cached)]);
  const shape = separateAttention({ batch: 1, queries: 1, keys: past.length + 1, heads, kvHeads, headDim, causal: 0 });
  return attentionReference(shape, {
    q: qkv.subarray(start, start + width),
    k: [...gathered(keys), ...own(width)],
    v: [...gathered(values), ...own(width + cached)],
  }).y;
}

const stepsOf = (row: number, from: number, end: number) => Array.from({ length: end - from }, (_, i) => row * time + from + i);

test.each(stepKernels)('positions of each sequence, rows in any order: $name', async (kernel) => {
  const [positions, row] = [Uint32Array.of(0, 11, 5, 3, 8), Uint32Array.of(6, 0, 3, 0xffffffff, 2)];
  const shape = { ...sizes, indexed: 1, placed: 1, forked: 0 };
  const given = { qkv, biasTable: none, bucketOfDistance: noIndices, step: positions, cacheRow: row, prefix: noIndices };
  const out = await runKernel(kernel, shape, { ...given, keys, values, y: poison(batch * width) });
  for (const b of [0, 1, 2, 4])
    expect(relativeError(out.y.subarray(b * width, (b + 1) * width), expected(b, stepsOf(row[b], 0, positions[b])))).toBeLessThan(1e-5);
  expect(out.y.subarray(3 * width, 4 * width).every((v) => v === 0)).toBe(true);
  // Each wrote its own key at its own position, and nothing else.
  const wanted = keys.slice();
  for (const b of [0, 1, 2, 4]) {
    const at = b * (width + 2 * cached) + width;
    wanted.set(qkv.subarray(at, at + cached), (row[b] * time + positions[b]) * cached);
  }
  expect(out.keys).toEqual(wanted);
});

test.each(stepKernels)('many go on from a past that they share: $name', async (kernel) => {
  // Row 6 holds five steps; sequences 0, 1 and 2 fork off after three, three and five of them, the others have pasts of
  // their own.
  const prefix = Uint32Array.of(6, 3, 6, 3, 6, 5, 0, 0, 0, 0);
  const positions = Uint32Array.of(4, 3, 9, 2, 6);
  const shape = { ...sizes, indexed: 0, placed: 1, forked: 1 };
  const given = { qkv, biasTable: none, bucketOfDistance: noIndices, step: positions, cacheRow: noIndices, prefix };
  const out = await runKernel(kernel, shape, { ...given, keys, values, y: poison(batch * width) });
  for (let b = 0; b < batch; b++) {
    const [row, steps] = prefix.subarray(2 * b, 2 * b + 2);
    const past = [...stepsOf(row, 0, steps), ...stepsOf(b, steps, positions[b])];
    expect(relativeError(out.y.subarray(b * width, (b + 1) * width), expected(b, past))).toBeLessThan(1e-5);
  }
});

test.each(stepKernels)('NaN and infinity of what is seen arrive, of later steps they do not: $name', async (kernel) => {
  const positions = Uint32Array.of(0, 4, 4, 4, 4);
  const shape = { ...sizes, indexed: 0, placed: 1, forked: 0 };
  const dirty = { qkv: qkv.slice(), keys: keys.slice(), values: values.slice() };
  // Sequence 0: its own key; 1: a key of the past; 2: a value of the past; 3: an infinite score; 4: what comes later.
  dirty.qkv[width] = Number.NaN;
  dirty.keys[(time + 2) * cached] = Number.NaN;
  dirty.values[(2 * time + 2) * cached] = Number.NaN;
  dirty.qkv[3 * (width + 2 * cached)] = 1;
  dirty.keys[(3 * time + 2) * cached] = Number.POSITIVE_INFINITY;
  dirty.keys.fill(Number.NaN, (4 * time + 5) * cached, 5 * time * cached);
  dirty.values.fill(Number.NaN, (4 * time + 5) * cached, 5 * time * cached);
  const given = { biasTable: none, bucketOfDistance: noIndices, step: positions, cacheRow: noIndices, prefix: noIndices };
  const { y } = await runKernel(kernel, shape, { ...given, ...dirty, y: poison(batch * width) });
  const head = (b: number, i: number) => Array.from(y.subarray(b * width + i * headDim, b * width + (i + 1) * headDim));
  for (const b of [0, 1, 3]) expect(head(b, 0).every(Number.isNaN)).toBe(true);
  // Heads of the other key are finite.
  for (const b of [0, 1, 2, 3]) expect([...head(b, 2), ...head(b, 3)].every(Number.isFinite)).toBe(true);
  expect(head(2, 0).map(Number.isNaN)).toEqual([true, ...new Array(headDim - 1).fill(false)]);
  expect(relativeError(y.subarray(4 * width), expected(4, stepsOf(4, 0, 4)))).toBeLessThan(1e-5);
});
