import { expect, test } from 'vitest';
import { poison, randomNormal, relativeError, runKernel } from '../testing/harness.js';
import { type CopyShape, copyAxisRange, copyStrided, gatherRows, scatterRows } from './index.js';
import { copyStridedReference, gatherRowsReference, scatterRowsReference } from './reference.js';

test.each([
  [1, 5, 1],
  [7, 13, 5],
  [37, 9, 52],
  [3, 4, 100],
])('slice and its gradient: [%i, %i, %i]', async (outer, axis, inner) => {
  const [from, length] = [1, axis - 2];
  const x = randomNormal(outer * axis * inner, 1);
  const slice = copyAxisRange({ outer, inner, length, xAxis: axis, xFrom: from, outAxis: length, outFrom: 0 });
  const { out } = await runKernel(copyStrided, slice, { x, out: poison(outer * length * inner) });
  expect(relativeError(out, copyStridedReference(slice, x, new Float64Array(outer * length * inner)))).toBe(0);

  const back = copyAxisRange({ outer, inner, length, xAxis: length, xFrom: 0, outAxis: axis, outFrom: from, accumulate: 1 });
  const added = await runKernel(copyStrided, back, { x: out, out: x });
  expect(relativeError(added.out, copyStridedReference(back, out, x))).toBeLessThanOrEqual(1e-7);
});

test('concatenation: each piece leaves the rest alone', async () => {
  const [outer, inner] = [5, 3];
  const pieces = [4, 1, 6].map((length, i) => ({ length, x: randomNormal(outer * length * inner, i) }));
  let at = 0;
  let out = new Float32Array(outer * 11 * inner).fill(Number.NaN);
  let expected = new Float64Array(out.length);
  for (const { length, x } of pieces) {
    const shape = copyAxisRange({ outer, inner, length, xAxis: length, xFrom: 0, outAxis: 11, outFrom: at });
    out = (await runKernel(copyStrided, shape, { x, out })).out as Float32Array<ArrayBuffer>;
    expected = copyStridedReference(shape, x, expected) as Float64Array<ArrayBuffer>;
    at += length;
  }
  expect(relativeError(out, expected)).toBe(0);
});

test('four axes: a transpose of a broadcast', async () => {
  const [n0, n1, n2, n3] = [2, 3, 5, 11];
  const shape: CopyShape = {
    ...{ n0, n1, n2, n3 },
    ...{ x0: 33, x1: 1, x2: 0, x3: 3 },
    ...{ o0: n1 * n2 * n3, o1: n2 * n3, o2: n3, o3: 1 },
    ...{ xOffset: 0, outOffset: 0, accumulate: 0 },
  };
  const x = randomNormal(66, 1);
  const { out } = await runKernel(copyStrided, shape, { x, out: poison(n0 * n1 * n2 * n3) });
  expect(relativeError(out, copyStridedReference(shape, x, new Float64Array(330)))).toBe(0);
});

test('bits survive: an integer that would be a NaN or a denormal as f32', async () => {
  const x = Uint32Array.of(0x7fc00001, 0xffffffff, 1, 0x7f800001, 0x80000001);
  const shape = copyAxisRange({ outer: 1, inner: 1, length: 5, xAxis: 5, xFrom: 0, outAxis: 5, outFrom: 0 });
  const { out } = await runKernel(copyStrided, shape, { x, out: poison(5) });
  expect(new Uint32Array(out.buffer)).toEqual(x);
});

test.each([1, 7, 64])('gather and scatter rows of %i', async (columns) => {
  const index = Uint32Array.of(4, 0, 0xffffffff, 9, 10, 2);
  const shape = { rows: index.length, columns, indexed: 10 };
  const x = randomNormal(10 * columns, 1);
  const { out } = await runKernel(gatherRows, shape, { x, index, out: poison(index.length * columns) });
  expect(relativeError(out, gatherRowsReference(shape, x, index))).toBe(0);
  const rows = randomNormal(index.length * columns, 2);
  const scattered = await runKernel(scatterRows, shape, { x: rows, index, out: x });
  expect(relativeError(scattered.out, scatterRowsReference(shape, rows, index, x))).toBe(0);
});
