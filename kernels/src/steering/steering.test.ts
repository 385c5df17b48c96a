import { describe, expect, test } from 'vitest';
import { type Golden, readGolden } from '../testing/golden.js';
import { poison, randomNormal, relativeError, runKernel } from '../testing/harness.js';
import { type SteeringShape, steeringCoefficients, steeringContract, steeringMix } from './index.js';
import { steeringCoefficientsReference, steeringContractReference, steeringExpandReference } from './reference.js';

test.each([
  { rows: 1, terms: 1, rank: 1, appended: 0 },
  { rows: 37, terms: 20, rank: 5, appended: 0 },
  { rows: 37, terms: 20, rank: 5, appended: 1 },
  { rows: 130, terms: 33, rank: 16, appended: 1 },
] satisfies SteeringShape[])('steering at $rows rows, $terms terms, rank $rank, appended $appended', async (shape) => {
  const { rows, terms, rank, appended } = shape;
  const columns = terms - appended;
  const c = randomNormal(rows * columns, 1);
  const [p, dq] = [randomNormal(rows * terms * rank, 2), randomNormal(rows * terms * rank, 3)];
  const [u, du] = [randomNormal(rows * rank, 4), randomNormal(rows * rank, 5)];
  const contracted = await runKernel(steeringContract, shape, { c, p, u: poison(rows * rank) });
  expect(relativeError(contracted.u, steeringContractReference(shape, c, p))).toBeLessThanOrEqual(1e-5);
  const mixed = await runKernel(steeringMix, shape, { c, p, u: poison(rows * rank), q: poison(rows * terms * rank) });
  expect(mixed.u).toEqual(contracted.u);
  expect(relativeError(mixed.q, steeringExpandReference(shape, c, steeringContractReference(shape, c, p)))).toBeLessThanOrEqual(1e-5);
  const right = steeringCoefficientsReference(shape, { p, du, dq, u });
  for (const rectify of [0, 1]) {
    const bound = { p, du, dq, u, c, dc: poison(rows * columns) };
    const { dc } = await runKernel(steeringCoefficients, { ...shape, rectify }, bound);
    const expected = right.map((value, i) => (rectify && c[i] <= 0 ? 0 : value));
    expect(relativeError(dc, expected)).toBeLessThanOrEqual(1e-4);
  }
});

test.each(['software', 'gpu'] as const)(
  'the gradient goes through a coefficient that is NaN, as through a relu in PyTorch (%s)',
  async (family) => {
    const shape = { rows: 1, terms: 3, rank: 1, appended: 0, rectify: 1 } as const;
    const c = Float32Array.of(Number.NaN, -1, Number.POSITIVE_INFINITY);
    const given = { p: new Float32Array(3), du: new Float32Array(1), dq: Float32Array.of(2, 3, 4), u: Float32Array.of(5), c };
    expect([...(await runKernel(steeringCoefficients, shape, { ...given, dc: poison(3) }, { family })).dc]).toEqual([10, 0, 20]);
    const mixed = await runKernel(steeringMix, { ...shape }, { c, p: Float32Array.of(1, 1, 1), u: poison(1), q: poison(3) }, { family });
    expect([...mixed.u, ...mixed.q].every(Number.isNaN)).toBe(true);
  },
);

/** left·right for row-major matrices, either transposed first; in float64, another kernel's work. */
function product(
  left: ArrayLike<number>,
  right: ArrayLike<number>,
  [m, k, n]: number[],
  transposed: { left?: boolean; right?: boolean } = {},
) {
  const out = new Float64Array(m * n);
  for (let row = 0; row < m; row++)
    for (let column = 0; column < n; column++)
      for (let i = 0; i < k; i++)
        out[row * n + column] +=
          left[transposed.left ? i * m + row : row * k + i] * right[transposed.right ? column * k + i : i * n + column];
  return out;
}

describe.each(['low_rank_steering', 'odd/low_rank_steering'])('golden %s', (file) => {
  const golden = readGolden(file);
  const [rows, width] = golden.e.shape;
  const hidden = golden.w1.shape[0];
  const rank = golden.wa.shape[0] / width;
  const terms = hidden + 1;
  const shape = { rows, terms, rank, appended: 1 } satisfies SteeringShape;

  /**
   * A weight of the hypernetwork and its bias, as one `[terms·rank, width]` matrix: `at` finds the row of `wa` or `wb`.
   */
  const rearrange = (weight: Golden, bias: Golden, at: (rho: number, k: number) => number): Float64Array =>
    Float64Array.from({ length: terms * rank * width }, (_, i) => {
      const [j, rho, k] = [Math.floor(i / (rank * width)), Math.floor(i / width) % rank, i % width];
      return j === hidden ? bias.data[at(rho, k)] : weight.data[at(rho, k) * hidden + j];
    });
  const rowOfA = (rho: number, k: number) => rho * width + k;
  const rowOfB = (rho: number, k: number) => k * rank + rho;
  const a = rearrange(golden.wa, golden.ba, rowOfA);
  const b = rearrange(golden.wb, golden.bb, rowOfB);
  const { e, z, w1, b1, dy } = golden;
  const pre = product(z.data, w1.data, [rows, z.shape[1], hidden], { right: true }).map((value, i) => value + b1.data[i % hidden]);
  const c = Float32Array.from(pre, (value) => Math.max(0, value));

  test('the steered residual and every gradient agree with PyTorch', async () => {
    const size = rows * terms * rank;
    const p = Float32Array.from(product(e.data, a, [rows, width, terms * rank], { right: true }));
    const { u, q } = await runKernel(steeringMix, shape, { c, p, u: poison(rows * rank), q: poison(size) });
    const y = product(q, b, [rows, terms * rank, width]).map((value, i) => value + e.data[i]);
    expect(relativeError(y, golden.y.data)).toBeLessThanOrEqual(1e-5);

    const dq = Float32Array.from(product(dy.data, b, [rows, width, terms * rank], { right: true }));
    const { u: du, q: dp } = await runKernel(steeringMix, shape, { c, p: dq, u: poison(rows * rank), q: poison(size) });
    const bound = { p, du, dq, u, c, dc: poison(rows * hidden) };
    const { dc } = await runKernel(steeringCoefficients, { ...shape, rectify: 0 }, bound);
    const dpre = Float64Array.from(dc, (value, i) => (pre[i] > 0 ? value : 0));
    const rectified = await runKernel(steeringCoefficients, { ...shape, rectify: 1 }, bound);
    expect(Array.from(rectified.dc, Math.abs)).toEqual(Array.from(dpre, Math.abs));
    const ones = new Float64Array(rows).fill(1);
    const gradients: Record<string, Float64Array> = {
      de: product(dp, a, [rows, terms * rank, width]).map((value, i) => value + dy.data[i]),
      dz: product(dpre, w1.data, [rows, hidden, z.shape[1]]),
      dw1: product(dpre, z.data, [hidden, rows, z.shape[1]], { left: true }),
      db1: product(ones, dpre, [1, rows, hidden]),
    };
    for (const [name, value] of Object.entries(gradients)) expect(relativeError(value, golden[name].data), name).toBeLessThanOrEqual(1e-4);
    const weights = {
      a: product(dp, e.data, [terms * rank, rows, width], { left: true }),
      b: product(q, dy.data, [terms * rank, rows, width], { left: true }),
    };
    expect(relativeError(weights.a, rearrange(golden.dwa, golden.dba, rowOfA))).toBeLessThanOrEqual(1e-4);
    expect(relativeError(weights.b, rearrange(golden.dwb, golden.dbb, rowOfB))).toBeLessThanOrEqual(1e-4);
  });
});
