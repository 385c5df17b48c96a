import { describe, expect, test } from 'vitest';
import { packHalf, unpackHalf } from '../half.js';
import { narrow } from '../narrow/index.js';
import { poison, randomNormal, relativeError, runKernel, testDevice } from '../testing/harness.js';
import { check, dummy } from '../testing/product.js';
import {
  fitsTiles,
  matmulCombine,
  matmulSplit,
  matmulSplitHalf,
  matmulSubgroupMatrix,
  matmulTiled,
  matmulTiledHalf,
  PLAIN_PRODUCT,
} from './index.js';
import { matmulReference, rowSumsReference } from './reference.js';

const { traits } = await testDevice();

// On a software adapter the text is the same; what it is fast on is a GPU. There each combination takes seconds to
// compile.
describe('matmul/tiled', () => {
  const layouts = [
    { transposeA: 0, transposeB: 0 },
    { transposeA: 0, transposeB: 1 },
    { transposeA: 1, transposeB: 0 },
  ];

  test('flags, on sizes that are multiples of no tile', async () => {
    const epilogues = [{ transposeB: 1, bias: 1, relu: 1, residual: 1 }, { transposeA: 1, accumulate: 1, rowSums: 1 }, { rectify: 1 }];
    for (const flags of epilogues)
      expect(await check(matmulTiled, { m: 76, n: 68, k: 44, ...flags }), JSON.stringify(flags)).toBeLessThan(1e-5);
  });

  test.each([
    [4, 4, 4],
    [1, 4, 8],
    [65, 132, 20],
    [128, 64, 64],
  ])('%i × %i, k = %i', async (m, n, k) => {
    for (const layout of layouts)
      if (fitsTiles({ m, n, k, ...layout })) expect(await check(matmulTiled, { m, n, k, ...layout })).toBeLessThan(1e-5);
  });

  test('large tiles', async () => {
    const sizes = { m: 8 * 128 - 4, n: 7 * 128 + 4, k: 28 };
    expect(matmulTiled.constants({ ...PLAIN_PRODUCT, ...sizes }, traits)).toMatchObject({ TILE_M: 128 });
    expect(await check(matmulTiled, { ...sizes, ...layouts[1] })).toBeLessThan(1e-5);
  });

  test.each([1, 3, 9])('a sum in %i parts', async (parts) => {
    const sizes = { m: 68, n: 76, k: 300 };
    const { m, n, k } = sizes;
    const [a, b, before, sumsBefore] = [m * k, k * n, m * n, m].map((length, i) => randomNormal(length, i + 1));
    for (const flag of [0, 1]) {
      const rows = flag * m;
      const whole = m * n + rows;
      const split = await runKernel(matmulSplit, { ...sizes, rowSums: flag, parts }, { a, b, c: poison(parts * whole) });
      const shape = { count: m * n, rows, parts, whole, sumsAt: m * n, accumulate: flag };
      const given = { c: flag ? before : poison(m * n), sums: flag ? sumsBefore : dummy };
      const { c, sums } = await runKernel(matmulCombine, shape, { parts: split.c, ...given });
      const product = { ...PLAIN_PRODUCT, ...sizes, transposeA: 1, accumulate: flag };
      expect(relativeError(c, matmulReference(product, a, b, { before }))).toBeLessThan(1e-5);
      if (flag) expect(relativeError(sums, rowSumsReference(product, a, sumsBefore))).toBeLessThan(1e-5);
    }
  });
});

// An adapter without the matrix units tests the tiles alone.
const halves = [...(traits.f16 ? [matmulTiledHalf] : []), ...(traits.subgroupMatrix ? [matmulSubgroupMatrix] : [])];
describe.each(halves.map((kernel) => ({ name: kernel.name, kernel })))('$name: operands in half precision, sums in f32', ({ kernel }) => {
  test.each([
    { m: 68, n: 72, k: 304, transposeA: 0, transposeB: 0, residual: 1 },
    { m: 4, n: 4, k: 4, transposeA: 0, transposeB: 1, bias: 1, relu: 1 },
    { m: 132, n: 200, k: 36, transposeA: 1, transposeB: 0, accumulate: 1 },
    { m: 65, n: 132, k: 20, transposeA: 0, transposeB: 1, rectify: 1 },
  ])('$m × $n, k = $k', async (given) => {
    const shape = { ...PLAIN_PRODUCT, ...given };
    const { m, n, k } = shape;
    const [a, b] = [packHalf(randomNormal(m * k, 1)), packHalf(randomNormal(k * n, 2))];
    const [bias, residual, before] = [n, m * n, m * n].map((length, i) => randomNormal(length, i + 3));
    const { c } = await runKernel(kernel, shape, { a, b, bias, residual, c: shape.accumulate ? before : poison(m * n), sums: dummy });
    expect(relativeError(c, matmulReference(shape, unpackHalf(a), unpackHalf(b), { bias, residual, before }))).toBeLessThan(1e-5);
  });
});

test.runIf(traits.f16)('a product in half precision keeps infinity and NaN where they belong', async () => {
  const [m, n, k] = [4, 8, 12];
  // 1e6 is beyond a half: it becomes infinite on the way.
  const [a, b] = [new Float32Array(m * k).fill(1), randomNormal(k * n, 2)];
  a[5] = 1e6;
  a[k + 2] = Number.NaN;
  a[2 * k + 3] = -1e6;
  const halves = await Promise.all(
    [a, b].map(async (x) => {
      const { out } = await runKernel(narrow, { count: x.length }, { x, out: poison(x.length / 2) });
      return new Uint32Array(out.buffer);
    }),
  );
  const shape = { ...PLAIN_PRODUCT, m, n, k };
  const given = { a: halves[0], b: halves[1], bias: dummy, residual: dummy, c: poison(m * n), sums: dummy };
  const { c } = await runKernel(matmulTiledHalf, shape, given);
  const right = matmulReference(shape, unpackHalf(halves[0]), unpackHalf(halves[1]));
  expect(unpackHalf(halves[0])[5]).toBe(Number.POSITIVE_INFINITY);
  right.forEach((value, i) => {
    if (Number.isFinite(value)) expect(c[i]).toBeCloseTo(value, 3);
    else expect(c[i]).toBe(value);
  });
});

test.runIf(traits.f16)('matmul/split-half: a long sum in parts', async () => {
  const sizes = { m: 68, n: 12, k: 300, rowSums: 1 };
  const { m, n, k } = sizes;
  const parts = 3;
  const [a, b] = [packHalf(randomNormal(m * k, 1)), packHalf(randomNormal(k * n, 2))];
  const split = await runKernel(matmulSplitHalf, { ...sizes, parts }, { a, b, c: poison(parts * (m * n + m)) });
  const shape = { count: m * n, rows: m, parts, whole: m * n + m, sumsAt: m * n, accumulate: 0 };
  const { c, sums } = await runKernel(matmulCombine, shape, { parts: split.c, c: poison(m * n), sums: new Float32Array(m) });
  const whole = { ...PLAIN_PRODUCT, ...sizes, transposeA: 1 };
  expect(relativeError(c, matmulReference(whole, unpackHalf(a), unpackHalf(b), {}))).toBeLessThan(1e-5);
  expect(relativeError(sums, rowSumsReference(whole, unpackHalf(a), new Float32Array(m)))).toBeLessThan(1e-5);
});
