import { expect, test } from 'vitest';
import { poison, randomNormal, randomUniform, relativeError, runKernel } from '../testing/harness.js';
import { flatIndex, putAlong, scatterAdd, type TakeShape, takeAlong, takeAlongBackward } from './index.js';
import { takeBackwardReference, takeReference } from './reference.js';

const BITS_OF_MINUS_ONE = 0xbf800000;

/** Places on the axis, here and there one past its end. */
const placesFor = (count: number, axis: number): Uint32Array =>
  Uint32Array.from(randomUniform(count, axis + 1), (u, i) => (i % 7 === 3 ? [axis, 0xffffffff, 0x80000000][i % 3] : Math.floor(u * axis)));

const SHAPES: [string, Omit<TakeShape, 'missing'>][] = [
  ['one of each row', { outer: 37, axis: 9, time: 1, inner: 1, indexOuter: 1, indexTime: 0, indexInner: 0 }],
  ['along the last axis', { outer: 5, axis: 13, time: 7, inner: 1, indexOuter: 7, indexTime: 1, indexInner: 0 }],
  ['along an axis in the middle', { outer: 3, axis: 6, time: 4, inner: 5, indexOuter: 20, indexTime: 5, indexInner: 1 }],
  ['places that all share', { outer: 3, axis: 6, time: 40, inner: 5, indexOuter: 0, indexTime: 1, indexInner: 0 }],
  ['a long row', { outer: 1, axis: 1000, time: 900, inner: 3, indexOuter: 0, indexTime: 1, indexInner: 0 }],
];

for (const family of ['software', 'gpu'] as const) {
  test.each(SHAPES)(`take, its gradient and flat places on ${family}: %s`, async (_, sizes) => {
    const shape = { ...sizes, missing: BITS_OF_MINUS_ONE };
    const count = shape.outer * shape.time * shape.inner;
    const last = (shape.outer - 1) * shape.indexOuter + (shape.time - 1) * shape.indexTime + (shape.inner - 1) * shape.indexInner;
    const index = placesFor(last + 1, shape.axis);
    const x = randomNormal(shape.outer * shape.axis * shape.inner, 1);
    const { out } = await runKernel(takeAlong, shape, { x, index, out: poison(count) }, { family });
    expect(Array.from(out)).toEqual(Array.from(takeReference(shape, x, index, -1)));

    const dout = randomNormal(count, 2);
    const expected = takeBackwardReference(shape, dout, index);
    const { dx } = await runKernel(takeAlongBackward, shape, { dout, index, dx: poison(x.length) }, { family });
    expect(relativeError(dx, expected)).toBeLessThanOrEqual(1e-6);

    const { flat } = await runKernel(flatIndex, shape, { index, flat: poison(count) }, { family });
    const sums = new Float64Array(x.length);
    new Uint32Array(flat.buffer).forEach((place, i) => {
      if (place !== 0xffffffff) sums[place] += dout[i];
    });
    expect(relativeError(sums, expected)).toBeLessThanOrEqual(1e-12);
  });

  test(`put on ${family}: different places, the rest stays`, async () => {
    const shape = { outer: 3, axis: 9, time: 4, inner: 2, indexOuter: 0, indexTime: 1, indexInner: 0, missing: 0 };
    const index = Uint32Array.of(8, 2, 100, 0);
    const [x, before] = [randomNormal(24, 1), randomNormal(54, 2)];
    const { out } = await runKernel(putAlong, shape, { x, index, out: before }, { family });
    const expected = before.slice();
    for (let i = 0; i < 24; i++) {
      const place = index[Math.floor(i / 2) % 4];
      if (place < 9) expected[(Math.floor(i / 8) * 9 + place) * 2 + (i % 2)] = x[i];
    }
    expect(Array.from(out)).toEqual(Array.from(expected));
  });

  test.each([
    [1, 1, 1],
    [500, 64, 100],
    [37, 5, 9],
    [300, 1, 7],
    [9, 33, 400],
  ])(`scatter-add on ${family}: %i rows of %i into %i`, async (count, columns, indexed) => {
    const index = placesFor(count, indexed);
    const order = Array.from(index, (_, i) => i).sort((i, j) => index[i] - index[j] || i - j);
    const pairs = Uint32Array.from(order.flatMap((i) => [index[i], i]));
    const [x, rows] = [randomNormal(indexed * columns, 1), randomNormal(count * columns, 2)];
    for (const fromZero of [0, 1]) {
      const expected = Float64Array.from(x, (value) => (fromZero ? 0 : value));
      for (let i = 0; i < count; i++)
        if (index[i] < indexed) for (let c = 0; c < columns; c++) expected[index[i] * columns + c] += rows[i * columns + c];
      const shape = { count, columns, indexed, fromZero };
      const { out } = await runKernel(scatterAdd, shape, { x, pairs, rows, out: poison(indexed * columns) }, { family });
      expect(relativeError(out, expected)).toBeLessThanOrEqual(2e-6);
    }
  });
}
