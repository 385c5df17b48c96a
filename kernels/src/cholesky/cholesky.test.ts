import { describe, expect, test } from 'vitest';
import { poison, randomNormal, relativeError, runKernel } from '../testing/harness.js';
import { choleskyFactor, LOWER_PRODUCT, lowerProduct, triangularSolve } from './index.js';
import { choleskyReference, triangularSolveReference } from './reference.js';

const FAMILIES = ['software', 'gpu'] as const;

/** Symmetric, with eigenvalues from about 1 on. */
function positiveDefinite(batch: number, size: number, seed: number): Float32Array {
  const root = randomNormal(batch * size * size, seed);
  const a = new Float32Array(batch * size * size);
  for (let m = 0; m < batch; m++)
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) {
        let sum = i === j ? 1 : 0;
        for (let k = 0; k < size; k++) sum += (root[(m * size + i) * size + k] * root[(m * size + j) * size + k]) / size;
        a[(m * size + i) * size + j] = sum;
      }
  return a;
}

describe.each(FAMILIES)('%s', (family) => {
  test.each([
    [1, 1],
    [3, 7],
    [5, 32],
    [2, 65],
  ])('factor of %i matrices of %i rows', async (batch, size) => {
    const a = positiveDefinite(batch, size, 1);
    const shape = { batch, size };
    const { l } = await runKernel(choleskyFactor, shape, { a, l: poison(a.length) }, { family });
    expect(relativeError(l, choleskyReference(shape, a))).toBeLessThanOrEqual(1e-6);
  });

  test.each([
    [1, 1, 1],
    [3, 7, 5],
    [2, 33, 17],
  ])('solving with %i matrices of %i rows and %i columns', async (batch, size, columns) => {
    const l = choleskyReference({ batch, size }, positiveDefinite(batch, size, 2));
    const b = randomNormal(batch * size * columns, 3);
    for (const transpose of [0, 1])
      for (const transposedRight of [0, 1]) {
        const shape = { batch, size, columns, transpose, transposedRight };
        const given = { l: Float32Array.from(l), b, x: poison(b.length) };
        const { x } = await runKernel(triangularSolve, shape, given, { family });
        expect(relativeError(x, triangularSolveReference(shape, l, b))).toBeLessThanOrEqual(2e-6);
      }
  });

  test('a matrix that is not positive definite gives NaN from there on, and only there', async () => {
    const a = Float32Array.of(4, 2, 2, -3, 4, 2, 2, 5);
    const { l } = await runKernel(choleskyFactor, { batch: 2, size: 2 }, { a, l: poison(8) }, { family });
    expect(Array.from(l)).toEqual([2, 0, 1, Number.NaN, 2, 0, 1, 2]);
  });

  test('NaN and infinity in a right-hand side stay in its column', async () => {
    const l = Float32Array.of(2, 0, 1, 4);
    const b = Float32Array.of(2, Number.NaN, Number.POSITIVE_INFINITY, 4, 1, 1);
    const shape = { batch: 1, size: 2, columns: 3, transpose: 0, transposedRight: 0 };
    const { x } = await runKernel(triangularSolve, shape, { l, b, x: poison(6) }, { family });
    expect(Array.from(x)).toEqual([1, Number.NaN, Number.POSITIVE_INFINITY, 0.75, Number.NaN, Number.NEGATIVE_INFINITY]);
  });

  test('the products of gradients', async () => {
    const [u, v] = [Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6, 7, 8)];
    const run = async (product: number) =>
      Array.from((await runKernel(lowerProduct, { batch: 1, size: 2, columns: 2, product }, { u, v, out: poison(4) }, { family })).out);
    expect(await run(LOWER_PRODUCT.projected)).toEqual([13, 0, 28, 16]);
    expect(await run(LOWER_PRODUCT.outer)).toEqual([-17, 0, -39, -53]);
    expect(await run(LOWER_PRODUCT.symmetric)).toEqual([1, 2.5, 2.5, 4]);
  });
});
