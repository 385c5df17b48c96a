import { describe, expect, test } from 'vitest';
import type { Kernel } from '../declaration.js';
import { f32, readGolden } from '../testing/golden.js';
import { poison, randomNormal, relativeError, runKernel, testDevice } from '../testing/harness.js';
import { absent, check, dummy, others } from '../testing/product.js';
import {
  fitsNorm,
  fitsOuter,
  type MatmulShape,
  matmul,
  matmulHalfKernel,
  matmulKernel,
  matmulOuter,
  matmulParts,
  matmulSubgroupMatrix,
  matmulSubgroups,
  matmulTiled,
  matmulTiledHalf,
  PLAIN_PRODUCT,
} from './index.js';

// The adapter decides at the end which kernels there are: those for subgroups run only where subgroups have one size.
const { traits } = await testDevice();
const fixed = traits.subgroups && traits.subgroups.min === traits.subgroups.max;
const kernels: [Kernel<MatmulShape>, step: number][] = [
  [matmul, 1],
  ...(fixed ? [[matmulSubgroups, 4] as [Kernel<MatmulShape>, number]] : []),
];
// Every combination of what is done to the product, each with one of the four layouts, and every layout alone.
const bit = (bits: number, i: number) => (bits >> i) & 1;
const flagSets = [
  ...Array.from({ length: 4 }, (_, bits) => ({ ...PLAIN_PRODUCT, transposeA: bit(bits, 0), transposeB: bit(bits, 1) })),
  ...Array.from({ length: 16 }, (_, bits) => ({
    transposeA: bit(bits, 0) ^ bit(bits, 2),
    transposeB: bit(bits, 1) ^ bit(bits, 3),
    accumulate: bit(bits, 0),
    bias: bit(bits, 1),
    relu: bit(bits, 2),
    residual: bit(bits, 3),
  })),
  ...Array.from({ length: 2 }, (_, transposeA) => ({ transposeA, rectify: 1, rowSums: 1 })),
];

describe.each(kernels)('$name', (kernel, step) => {
  const allowed = flagSets.filter((flags) => kernel === matmul || !('relu' in flags && flags.relu && flags.accumulate));

  // A driver on a busy machine takes seconds to compile each combination the first time.
  test('flags, on sizes that are multiples of no tile', async () => {
    for (const flags of allowed)
      expect(await check(kernel, { m: 13, n: 9 * step, k: 29, ...flags }), JSON.stringify(flags)).toBeLessThan(1e-5);
  });

  test.each([
    [1, 1, 1],
    [1, 7, 300],
    [5, 1, 17],
    [67, 33, 65],
    [130, 9, 64],
    [33, 17, 193],
  ])('%i × %i columns, k = %i', async (m, columns, k) => {
    for (const transposeA of [0, 1]) {
      for (const transposeB of [0, 1]) expect(await check(kernel, { m, n: columns * step, k, transposeA, transposeB })).toBeLessThan(1e-5);
    }
  });

  test('everything at once over several chunks of k', async () => {
    const flags = { transposeB: 1, bias: 1, relu: 1, residual: 1 };
    expect(await check(kernel, { m: 21, n: 12 * step, k: 131, ...flags })).toBeLessThan(1e-5);
  });

  test('a long sum adds to what was there', async () => {
    expect(await check(kernel, { m: 24, n: 5 * step, k: 3001, transposeA: 1, accumulate: 1, rowSums: 1 })).toBeLessThan(1e-5);
  });

  test('the same bits every time', async () => {
    const shape = { ...PLAIN_PRODUCT, m: 64, n: 64, k: 500, transposeA: 1 };
    const read = { a: randomNormal(500 * 64, 1), b: randomNormal(500 * 64, 2), bias: dummy, residual: dummy };
    const buffers = { ...read, ...others(kernel, absent), sums: dummy };
    const [one, two] = [
      await runKernel(kernel, shape, { ...buffers, c: poison(4096) }),
      await runKernel(kernel, shape, { ...buffers, c: poison(4096) }),
    ];
    expect(two.c).toEqual(one.c);
  });
});

describe.runIf(fixed && traits.family === 'software')('rows normalised as they are read', () => {
  test.each([
    [1, 4, 4],
    [5, 36, 12],
    [67, 64, 64],
    [33, 192, 64],
    [9, 160, 40],
  ])('%i × %i, k = %i', async (m, n, k) => {
    for (const flags of [{}, { bias: 1, relu: 1 }, { transposeB: 1, bias: 1, residual: 1 }]) {
      const shape = { ...PLAIN_PRODUCT, m, n, k, ...flags, norm: 1, eps: 1e-5 };
      expect(fitsNorm(shape, { ...traits, family: 'software' })).toBe(true);
      expect(await check(matmulSubgroups, shape)).toBeLessThan(1e-5);
    }
  });

  test('which products can be so', () => {
    const software = { family: 'software', f16: false, subgroups: { min: 8, max: 8 } } as const;
    const shape = { ...PLAIN_PRODUCT, m: 8, n: 8, k: 64 };
    expect(fitsNorm(shape, software)).toBe(true);
    expect(matmulKernel({ ...shape, norm: 1 }, software)).toBe(matmulSubgroups);
    for (const no of [{ k: 68 }, { k: 6 }, { n: 6 }, { transposeA: 1 }, { accumulate: 1 }])
      expect(fitsNorm({ ...shape, ...no }, software)).toBe(false);
    expect(fitsNorm(shape, { ...software, family: 'gpu' })).toBe(false);
  });
});

describe.runIf(fixed)('matmul/outer', () => {
  test.each([
    [4, 4, 1],
    [8, 36, 29],
    [12, 4, 300],
    [16, 100, 2],
    [36, 8, 17],
    [132, 68, 65],
  ])('%i × %i, k = %i', async (m, n, k) => {
    for (const accumulate of [0, 1]) {
      for (const rowSums of [0, 1]) expect(await check(matmulOuter, { m, n, k, transposeA: 1, accumulate, rowSums })).toBeLessThan(1e-5);
    }
  });

  test('a long sum adds to what was there, with the same bits every time', async () => {
    const flags = { transposeA: 1, accumulate: 1, rowSums: 1 };
    const error = await check(matmulOuter, { m: 24, n: 20, k: 3001, ...flags });
    expect(error).toBeLessThan(1e-5);
    expect(await check(matmulOuter, { m: 24, n: 20, k: 3001, ...flags })).toBe(error);
  });

  test('which products it makes', () => {
    const shape = { ...PLAIN_PRODUCT, m: 8, n: 8, k: 7, transposeA: 1 };
    expect(fitsOuter(shape)).toBe(true);
    for (const other of [
      { m: 7 },
      { n: 7 },
      { transposeA: 0 },
      { transposeB: 1 },
      { bias: 1 },
      { relu: 1 },
      { residual: 1 },
      { rectify: 1 },
    ])
      expect(fitsOuter({ ...shape, ...other }), JSON.stringify(other)).toBe(false);
  });
});

const product = (shape: MatmulShape, bound: Parameters<typeof runKernel>[2]) => {
  const kernel = matmulKernel(shape, traits);
  return runKernel(kernel, shape, { ...others(kernel, absent), ...bound });
};

test('the choice of kernel', () => {
  const shape = { ...PLAIN_PRODUCT, m: 10, n: 8, k: 8 };
  const subgroups = { min: 8, max: 8 };
  expect(matmulKernel(shape, { family: 'software', f16: false })).toBe(matmul);
  expect(matmulKernel(shape, { family: 'software', f16: false, subgroups })).toBe(matmulSubgroups);
  expect(matmulKernel({ ...shape, m: 12, transposeA: 1 }, { family: 'software', f16: false, subgroups })).toBe(matmulOuter);
  expect(matmulKernel({ ...shape, n: 7 }, { family: 'software', f16: false, subgroups })).toBe(matmul);
  expect(matmulKernel({ ...shape, accumulate: 1, relu: 1 }, { family: 'software', f16: false, subgroups })).toBe(matmul);
  const gpu = { family: 'gpu', f16: false, subgroups: { min: 32, max: 32 } } as const;
  expect(matmulKernel(shape, gpu)).toBe(matmulTiled);
  expect(matmulKernel({ ...shape, k: 7 }, gpu)).toBe(matmul);
  expect(matmulKernel({ ...shape, m: 7, k: 7, transposeA: 1 }, gpu)).toBe(matmul);
  expect(matmulParts({ m: 192, n: 64, k: 4096 }, gpu)).toBe(32);
  expect(matmulParts({ m: 190, n: 64, k: 4096 }, gpu)).toBe(1);
  const matrices = { ...gpu, f16: true, subgroupMatrix: { m: 16, n: 16, k: 16 } };
  expect(matmulHalfKernel(shape, matrices)).toBe(matmulSubgroupMatrix);
  expect(matmulHalfKernel({ ...shape, rowSums: 1 }, matrices)).toBe(matmulTiledHalf);
  expect(matmulHalfKernel(shape, gpu)).toBe(matmulTiledHalf);
  expect(matmulParts({ m: 4096, n: 4096, k: 4096 }, gpu)).toBe(1);
  expect(matmulParts({ m: 192, n: 64, k: 4096 }, { family: 'software', f16: false })).toBe(1);
});

describe.each(['linear', 'odd/linear'])('golden %s', (file) => {
  const { x, w, b, dy, y, dx, dw, db } = readGolden(file);
  const rows = x.shape[0];
  const [outputs, inputs] = w.shape;

  test('y = x wᵀ + b', async () => {
    const { c } = await product(
      { ...PLAIN_PRODUCT, m: rows, n: outputs, k: inputs, transposeB: 1, bias: 1 },
      {
        a: f32(x),
        b: f32(w),
        bias: f32(b),
        residual: dummy,
        sums: dummy,
        c: poison(rows * outputs),
      },
    );
    expect(relativeError(c, y.data)).toBeLessThan(1e-5);
  });

  test('dx = dy w', async () => {
    const { c } = await product(
      { ...PLAIN_PRODUCT, m: rows, n: inputs, k: outputs },
      {
        a: f32(dy),
        b: f32(w),
        bias: dummy,
        residual: dummy,
        sums: dummy,
        c: poison(rows * inputs),
      },
    );
    expect(relativeError(c, dx.data)).toBeLessThan(1e-4);
  });

  test('dw += dyᵀ x', async () => {
    const { c } = await product(
      { ...PLAIN_PRODUCT, m: outputs, n: inputs, k: rows, transposeA: 1, accumulate: 1 },
      {
        a: f32(dy),
        b: f32(x),
        bias: dummy,
        residual: dummy,
        sums: dummy,
        c: new Float32Array(outputs * inputs),
      },
    );
    expect(relativeError(c, dw.data)).toBeLessThan(1e-4);
  });

  test('db += dyᵀ 1, as a product with a column of ones', async () => {
    const { c } = await product(
      { ...PLAIN_PRODUCT, m: outputs, n: 1, k: rows, transposeA: 1, accumulate: 1 },
      {
        a: f32(dy),
        b: new Float32Array(rows).fill(1),
        bias: dummy,
        residual: dummy,
        sums: dummy,
        c: new Float32Array(outputs),
      },
    );
    expect(relativeError(c, db.data)).toBeLessThan(1e-4);
  });
});
