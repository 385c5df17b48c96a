import { expect, test } from 'vitest';
import { poison, randomNormal, relativeError, runKernel, testDevice } from '../testing/harness.js';
import { REDUCE, reduce, reduceContiguous, reduceKernel, reduceStages } from './index.js';
import { reduceReference } from './reference.js';

const plain = { scale: 1, root: 0, accumulate: 0 };
const sizes: [number, number, number][] = [
  [1, 1, 1],
  [1, 3000, 64],
  [37, 52, 1],
  [7, 13, 5],
  [3, 1, 9],
  [2, 2500, 17],
  [128, 24, 64],
  [5000, 3, 2],
];

test.each(sizes)('sum and sum of squares of [%i, %i, %i]', async (outer, axis, inner) => {
  const x = randomNormal(outer * axis * inner, axis);
  for (const operation of Object.values(REDUCE)) {
    const shape = { operation, outer, axis, inner, parts: 1, ...plain };
    const { out } = await runKernel(reduce, shape, { x, out: poison(outer * inner) });
    expect(relativeError(out, reduceReference(shape, x))).toBeLessThanOrEqual(1e-5);
  }
});

test('scale, square root and accumulation', async () => {
  const x = randomNormal(7 * 13 * 5, 1);
  const before = randomNormal(35, 2);
  const shape = { operation: REDUCE.sumOfSquares, outer: 7, axis: 13, inner: 5, parts: 1, scale: 1 / 13, root: 1, accumulate: 1 };
  const { out } = await runKernel(reduce, shape, { x, out: before });
  expect(relativeError(out, reduceReference(shape, x, before))).toBeLessThanOrEqual(1e-5);
});

test.each([
  [1, 250_001, 1],
  [1, 250_004, 1],
  [2, 9004, 1],
  [1, 8192, 1],
  [2, 10_007, 3],
  [1, 20_000, 64],
])('[%i, %i, %i] in two stages, the same bits twice', async (outer, axis, inner) => {
  const x = randomNormal(outer * axis * inner, 5).map((value) => value + 0.1);
  for (const operation of Object.values(REDUCE)) {
    const whole = { operation, outer, axis, inner, scale: 0.5, root: operation === REDUCE.sumOfSquares ? 1 : 0, accumulate: 0 };
    const stages = reduceStages(whole);
    expect(stages).toHaveLength(2);
    const run = async (): Promise<Float32Array> => {
      let data = x;
      for (const stage of stages) {
        const count = stage.outer * stage.parts * stage.inner;
        data = (await runKernel(reduce, stage, { x: data, out: poison(count) })).out as Float32Array<ArrayBuffer>;
      }
      return data;
    };
    const out = await run();
    expect(relativeError(out, reduceReference({ ...whole, parts: 1 }, x))).toBeLessThanOrEqual(1e-5);
    expect(await run()).toEqual(out);
  }
});

test('short axes and many outputs take one stage', () => {
  expect(reduceStages({ operation: REDUCE.sum, outer: 1, axis: 3000, inner: 64, ...plain })).toHaveLength(1);
  expect(reduceStages({ operation: REDUCE.sum, outer: 5000, axis: 9000, inner: 1, ...plain })).toHaveLength(1);
});

const { traits } = await testDevice();

// An adapter without subgroups of any size cannot run these.
test.skipIf(!traits.subgroups).each([
  [1, 256],
  [3, 1000],
  [5, 7],
  [1, 250_001],
])('along the last axis by subgroups: [%i, %i]', async (outer, axis) => {
  const x = randomNormal(outer * axis, axis).map((value) => value + 0.1);
  for (const operation of Object.values(REDUCE)) {
    const whole = { operation, outer, axis, inner: 1, scale: 0.5, root: operation === REDUCE.sumOfSquares ? 1 : 0, accumulate: 1 };
    const before = randomNormal(outer, 3);
    let data = x;
    for (const stage of reduceStages(whole)) {
      const out = stage.accumulate ? before : poison(stage.outer * stage.parts);
      data = (await runKernel(reduceContiguous, stage, { x: data, out })).out as Float32Array<ArrayBuffer>;
    }
    expect(relativeError(data, reduceReference({ ...whole, parts: 1 }, x, before))).toBeLessThanOrEqual(1e-5);
  }
});

test('the choice of kernel', () => {
  const shape = { operation: REDUCE.sum, outer: 1, axis: 1000, inner: 1, parts: 1, ...plain };
  const gpu = { family: 'gpu', f16: false, subgroups: { min: 32, max: 64 } } as const;
  expect(reduceKernel(shape, gpu)).toBe(reduceContiguous);
  expect(reduceKernel({ ...shape, inner: 2 }, gpu)).toBe(reduce);
  expect(reduceKernel({ ...shape, axis: 100 }, gpu)).toBe(reduce);
  expect(reduceKernel(shape, { ...gpu, family: 'software' })).toBe(reduce);
  expect(reduceKernel(shape, { family: 'gpu', f16: false })).toBe(reduce);
});
