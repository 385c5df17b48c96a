/** Products at the edges: batches, no rows, columns or terms, and numbers that are not finite. */
import { describe, expect, test } from 'vitest';
import type { Kernel } from '../declaration.js';
import { poison, randomNormal, runKernel, testDevice } from '../testing/harness.js';
import { absent, check, dummy, others } from '../testing/product.js';
import { fitsOuter, fitsTiles, type MatmulShape, matmul, matmulOuter, matmulSubgroups, matmulTiled, PLAIN_PRODUCT } from './index.js';
import { matmulReference } from './reference.js';

const { traits } = await testDevice();
const fixed = traits.subgroups && traits.subgroups.min === traits.subgroups.max;
type Candidate = { readonly kernel: Kernel<MatmulShape>; readonly fits: (shape: MatmulShape) => boolean };
const everywhere: Candidate[] = [
  { kernel: matmul, fits: () => true },
  { kernel: matmulTiled, fits: fitsTiles },
];
const inSubgroups: Candidate[] = [
  { kernel: matmulSubgroups, fits: ({ n, accumulate, relu, rectify }) => n % 4 === 0 && !(accumulate && (relu || rectify)) },
  { kernel: matmulOuter, fits: fitsOuter },
];
const candidates = [...everywhere, ...(fixed ? inSubgroups : [])].map((candidate) => ({ name: candidate.kernel.name, ...candidate }));
// Few: a software adapter takes seconds to compile each. The other tests have every combination.
const variants = [
  { transposeA: 0, transposeB: 1, bias: 1, relu: 1 },
  { transposeA: 1, transposeB: 0, accumulate: 1 },
  { transposeA: 0, transposeB: 0, rectify: 1 },
];

describe.each(candidates)('$name', ({ kernel, fits }) => {
  const batches = [
    { batch: 6, batch1: 3, batch2: 1, a0: 3, a1: 1, a2: 0, b0: 3, b1: 1, b2: 0 },
    // The left one is stretched over the first axis, the right one over the others.
    { batch: 12, batch1: 3, batch2: 2, a0: 0, a1: 2, a2: 1, b0: 1, b1: 0, b2: 0 },
  ];
  test('batches, with operands that are stretched over some of its axes', async () => {
    for (const given of batches) {
      for (const flags of variants) {
        const { m, n, k } = { m: 12, n: 20, k: 36 };
        const [a, b] = [m * k, k * n];
        const strides = { a0: given.a0 * a, a1: given.a1 * a, a2: given.a2 * a, b0: given.b0 * b, b1: given.b1 * b, b2: given.b2 * b };
        const shape = { ...PLAIN_PRODUCT, m, n, k, ...given, ...strides, ...flags };
        if (fits(shape)) expect(await check(kernel, shape), JSON.stringify(shape)).toBeLessThan(1e-5);
      }
    }
  });

  test('a sum of nothing is 0, with what is done to it; nothing is written of no rows', async () => {
    for (const flags of variants) {
      for (const sizes of [
        { m: 8, n: 12, k: 0 },
        { m: 0, n: 12, k: 8 },
        { m: 8, n: 0, k: 8 },
      ]) {
        const shape = { ...PLAIN_PRODUCT, ...sizes, ...flags };
        if (fits(shape)) expect(await check(kernel, shape), JSON.stringify(shape)).toBeLessThan(1e-6);
      }
    }
  });

  test('what is not finite reaches its own row and column, and nothing else', async () => {
    const { m, n, k } = { m: 20, n: 24, k: 44 };
    for (const flags of variants) {
      const shape = { ...PLAIN_PRODUCT, m, n, k, ...flags };
      if (!fits(shape)) continue;
      const [a, b, residual] = [randomNormal(m * k, 1), randomNormal(k * n, 2), randomNormal(m * n, 3)];
      const bias = randomNormal(n, 4);
      const atA = (row: number, p: number): number => (flags.transposeA ? p * m + row : row * k + p);
      const atB = (p: number, column: number): number => (flags.transposeB ? column * k + p : p * n + column);
      a[atA(3, 43)] = Number.NaN;
      a[atA(7, 0)] = Number.POSITIVE_INFINITY;
      b[atB(43, 5)] = Number.NEGATIVE_INFINITY;
      b[atB(0, 9)] = 0;
      bias[2] = Number.NaN;
      residual.set([Number.NaN, 0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
      const given = {
        a,
        b,
        bias,
        residual,
        sums: dummy,
        c: flags.accumulate ? new Float32Array(m * n) : poison(m * n),
        ...others(kernel, absent),
      };
      const { c } = await runKernel(kernel, shape, given);
      const right = matmulReference(shape, a, b, { bias, residual, before: new Float32Array(m * n) });
      expect(Number.isNaN(right[7 * n + 9]), 'infinity times 0').toBe(true);
      right.forEach((value, i) => {
        if (Number.isFinite(value)) expect(Math.abs(c[i] - value), `${JSON.stringify(shape)} ${i}`).toBeLessThan(1e-3);
        else expect(c[i], `${JSON.stringify(shape)} ${i}`).toBe(value);
      });
    }
  });
});
