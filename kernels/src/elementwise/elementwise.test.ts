import { describe, expect, test } from 'vitest';
import { poison, randomNormal, randomUniform, relativeError, runKernel } from '../testing/harness.js';
import { BINARY, binary, broadcastFields, broadcastShape, UNARY, UNARY_SAVES_OUTPUT, unary, unaryBackward } from './index.js';
import { binaryReference, unaryBackwardReference, unaryReference } from './reference.js';

const positive = (count: number, seed: number): Float32Array => Float32Array.from(randomUniform(count, seed), (u) => 0.1 + 3 * u);

describe.each(Object.entries(UNARY))('%s', (name, operation) => {
  test.each([1, 63, 64, 1001, 70_000])('%i elements, forward and backward', async (count) => {
    const shape = { operation, count, a: -0.5, b: 0.75 };
    const x = name === 'log' || name === 'sqrt' ? positive(count, 1) : randomNormal(count, 1, 2);
    const dout = randomNormal(count, 2);
    const { out } = await runKernel(unary, shape, { x, out: poison(count) });
    expect(relativeError(out, unaryReference(shape, x))).toBeLessThanOrEqual(1e-5);
    const saved = UNARY_SAVES_OUTPUT.has(operation) ? out : x;
    const { dx } = await runKernel(unaryBackward, shape, { saved, dout, dx: poison(count) });
    expect(relativeError(dx, unaryBackwardReference(shape, x, dout))).toBeLessThanOrEqual(1e-5);
  });

  test('stays finite for extreme arguments', async () => {
    const x = Float32Array.of(-3e38, -1e5, -200, -90, 0, 90, 200, 1e5, 3e38);
    const safe = name === 'square' ? x.map((value) => Math.sign(value) * Math.min(Math.abs(value), 1e19)) : x;
    const shape = { operation, count: x.length, a: 0.5, b: 0.75 };
    const { out } = await runKernel(unary, shape, { x: safe, out: poison(x.length) });
    expect(out.every(Number.isFinite)).toBe(true);
    const dout = new Float32Array(x.length).fill(0.5);
    const saved = UNARY_SAVES_OUTPUT.has(operation) ? out : safe;
    const { dx } = await runKernel(unaryBackward, shape, { saved, dout, dx: poison(x.length) });
    expect(dx.every(Number.isFinite)).toBe(true);
  });
});

test('tanh, sigmoid and exp saturate', async () => {
  const x = Float32Array.of(-1e30, -50, 50, 1e30);
  const run = async (operation: number) =>
    Array.from((await runKernel(unary, { operation, count: 4, a: 0, b: 0 }, { x, out: poison(4) })).out);
  expect(await run(UNARY.tanh)).toEqual([-1, -1, 1, 1]);
  const sigmoid = await run(UNARY.sigmoid);
  expect(sigmoid[0]).toBeLessThan(1e-30);
  expect(sigmoid[3]).toBe(1);
  expect((await run(UNARY.exp))[3]).toBeGreaterThan(1e38);
});

const pairs: [number[], number[]][] = [
  [[1001], [1001]],
  [
    [5, 7, 3],
    [5, 7, 3],
  ],
  [[37, 52], [52]],
  [
    [37, 52],
    [37, 1],
  ],
  [[52], [37, 52]],
  [
    [3, 37, 8],
    [3, 37, 1],
  ],
  [
    [3, 1, 8],
    [1, 37, 1],
  ],
  [
    [2, 1, 5, 1],
    [1, 3, 1, 70],
  ],
  [[], [3, 5]],
  [[1], [1, 1]],
  [[130, 3], [1]],
  [[301, 64], [64]],
  [[3, 5001], [1]],
  [
    [2, 33, 36],
    [2, 1, 36],
  ],
  [
    [2, 3, 4, 5, 6],
    [4, 1, 1],
  ],
];

describe.each(Object.entries(BINARY))('%s', (_, operation) => {
  test.each(pairs)('[%j] with [%j]', async (aShape, bShape) => {
    const size = (shape: number[]): number => shape.reduce((product, n) => product * n, 1);
    const a = randomNormal(size(aShape), 3);
    // Away from zero for division; rounded, so that some pairs tie.
    const b = randomNormal(size(bShape), 4).map((value) => value + 0.25 * Math.sign(value));
    a.set(b.subarray(0, Math.min(a.length, b.length, 3)));
    const shape = { operation, ...broadcastFields(aShape, bShape) };
    const count = size(broadcastShape(aShape, bShape));
    const { out } = await runKernel(binary, shape, { a, b, out: poison(count) });
    expect(relativeError(out, binaryReference(shape, a, b))).toBeLessThanOrEqual(1e-6);
  });
});

test.each(pairs)('a gpu variant: [%j] with [%j]', async (aShape, bShape) => {
  const size = (shape: number[]): number => shape.reduce((product, n) => product * n, 1);
  const [a, b] = [randomNormal(size(aShape), 3), randomNormal(size(bShape), 4)];
  const shape = { operation: BINARY.subtract, ...broadcastFields(aShape, bShape) };
  const { out } = await runKernel(binary, shape, { a, b, out: poison(size(broadcastShape(aShape, bShape))) }, { family: 'gpu' });
  expect(relativeError(out, binaryReference(shape, a, b))).toBeLessThanOrEqual(1e-6);
});

test('same-shape operands are one axis', () => {
  expect(broadcastFields([4, 5, 6], [4, 5, 6])).toMatchObject({ n0: 1, n1: 1, n2: 1, n3: 120, a3: 1, b3: 1 });
});

test('a wide broadcast agrees with numpy by hand', async () => {
  const shape = { operation: BINARY.subtract, ...broadcastFields([2, 1], [1, 3]) };
  const { out } = await runKernel(binary, shape, { a: Float32Array.of(10, 20), b: Float32Array.of(1, 2, 3), out: poison(6) });
  expect(Array.from(out)).toEqual([9, 8, 7, 19, 18, 17]);
});

test('shapes that do not fit are refused by name', () => {
  expect(() => broadcastShape([3, 4], [5])).toThrow('shapes [3,4] and [5] do not broadcast together');
  expect(() => broadcastFields([2, 1, 2, 1, 2], [1, 2, 1, 2, 1])).toThrow('at most 4');
});
