import { describe, expect, test } from 'vitest';
import { f32, readGolden } from '../testing/golden.js';
import { poison, randomNormal, relativeError, runKernel } from '../testing/harness.js';
import { type MatmulShape, matmul } from './index.js';
import { matmulReference } from './reference.js';

const plain = { transposeA: 0, transposeB: 0, accumulate: 0, bias: 0, relu: 0, residual: 0 };
const dummy = new Float32Array(4);

/** Runs a random product of the given shape and returns its error against float64. */
async function check(given: Partial<MatmulShape> & Pick<MatmulShape, 'm' | 'n' | 'k'>): Promise<number> {
  const shape = { ...plain, ...given };
  const { m, n, k } = shape;
  const [a, b, bias, residual, before] = [m * k, k * n, n, m * n, m * n].map((length, i) => randomNormal(length, 7 * i + m + n + k));
  const { c } = await runKernel(matmul, shape, {
    a,
    b,
    bias: shape.bias ? bias : dummy,
    residual: shape.residual ? residual : dummy,
    c: shape.accumulate ? before : poison(m * n),
  });
  return relativeError(c, matmulReference(shape, a, b, { bias, residual, before }));
}

const flagSets = Array.from({ length: 64 }, (_, bits) => ({
  transposeA: bits & 1,
  transposeB: (bits >> 1) & 1,
  accumulate: (bits >> 2) & 1,
  bias: (bits >> 3) & 1,
  relu: (bits >> 4) & 1,
  residual: (bits >> 5) & 1,
}));

describe('matmul', () => {
  test('all combinations of flags on sizes that are multiples of nothing', async () => {
    for (const flags of flagSets) expect(await check({ m: 13, n: 37, k: 29, ...flags }), JSON.stringify(flags)).toBeLessThan(1e-5);
  });

  test.each([
    [1, 1, 1],
    [1, 7, 300],
    [5, 1, 33],
    [67, 129, 65],
    [130, 36, 64],
  ])('%i × %i, k = %i', async (m, n, k) => {
    for (const transposeA of [0, 1]) {
      for (const transposeB of [0, 1]) expect(await check({ m, n, k, transposeA, transposeB })).toBeLessThan(1e-5);
    }
  });
});

describe.each(['linear', 'odd/linear'])('golden %s', (file) => {
  const { x, w, b, dy, y, dx, dw, db } = readGolden(file);
  const rows = x.shape[0];
  const [outputs, inputs] = w.shape;

  test('y = x wᵀ + b', async () => {
    const { c } = await runKernel(matmul, { ...plain, m: rows, n: outputs, k: inputs, transposeB: 1, bias: 1 }, {
      a: f32(x),
      b: f32(w),
      bias: f32(b),
      residual: dummy,
      c: poison(rows * outputs),
    });
    expect(relativeError(c, y.data)).toBeLessThan(1e-5);
  });

  test('dx = dy w', async () => {
    const { c } = await runKernel(matmul, { ...plain, m: rows, n: inputs, k: outputs }, {
      a: f32(dy),
      b: f32(w),
      bias: dummy,
      residual: dummy,
      c: poison(rows * inputs),
    });
    expect(relativeError(c, dx.data)).toBeLessThan(1e-4);
  });

  test('dw += dyᵀ x', async () => {
    const { c } = await runKernel(matmul, { ...plain, m: outputs, n: inputs, k: rows, transposeA: 1, accumulate: 1 }, {
      a: f32(dy),
      b: f32(x),
      bias: dummy,
      residual: dummy,
      c: new Float32Array(outputs * inputs),
    });
    expect(relativeError(c, dw.data)).toBeLessThan(1e-4);
  });

  test('db += dyᵀ 1, as a product with a column of ones', async () => {
    const { c } = await runKernel(matmul, { ...plain, m: outputs, n: 1, k: rows, transposeA: 1, accumulate: 1 }, {
      a: f32(dy),
      b: new Float32Array(rows).fill(1),
      bias: dummy,
      residual: dummy,
      c: new Float32Array(outputs),
    });
    expect(relativeError(c, db.data)).toBeLessThan(1e-4);
  });
});
