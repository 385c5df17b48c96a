import type { MatmulShape } from './index.js';

/** Where the `i`-th matrix of a batch begins in an operand with these strides. */
const beginOf = ({ batch1, batch2 }: MatmulShape, i: number, [s0, s1, s2]: readonly [number, number, number]): number =>
  Math.floor(i / (batch1 * batch2)) * s0 + (Math.floor(i / batch2) % batch1) * s1 + (i % batch2) * s2;

/**
 * `c` in float64: `relu?(op(a)·op(b) + bias) + residual`, added to `before` when accumulating; for each product of the
 * batch.
 */
export function matmulReference(
  shape: MatmulShape,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  extra: { bias?: ArrayLike<number>; residual?: ArrayLike<number>; before?: ArrayLike<number> } = {},
): Float64Array {
  const { m, n, k, batch } = shape;
  const c = new Float64Array(batch * m * n);
  for (let line = 0; line < batch * m; line++) {
    const matrix = Math.floor(line / m);
    const row = line % m;
    const beginA = beginOf(shape, matrix, [shape.a0, shape.a1, shape.a2]);
    const beginB = beginOf(shape, matrix, [shape.b0, shape.b1, shape.b2]);
    for (let column = 0; column < n; column++) {
      let sum = 0;
      for (let p = 0; p < k; p++) {
        const left = a[beginA + (shape.transposeA ? p * m + row : row * k + p)];
        sum += left * b[beginB + (shape.transposeB ? column * k + p : p * n + column)];
      }
      const i = line * n + column;
      if (shape.bias) sum += extra.bias![column];
      if (shape.relu) sum = Math.max(sum, 0);
      if (shape.residual) sum += extra.residual![i];
      if (shape.rectify && extra.residual![i] <= 0) sum = 0;
      if (shape.accumulate) sum += extra.before![i];
      c[i] = sum;
    }
  }
  return c;
}

/** Sums of op(a) over k, added to `before`, in float64. */
export function rowSumsReference({ m, k, transposeA }: MatmulShape, a: ArrayLike<number>, before: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: m }, (_, row) => {
    let sum = before[row];
    for (let p = 0; p < k; p++) sum += a[transposeA ? p * m + row : row * k + p];
    return sum;
  });
}
