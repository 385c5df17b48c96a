import type { MatmulShape } from './index.js';

/** `c` in float64: `relu?(op(a)·op(b) + bias) + residual`, added to `before` when accumulating. */
export function matmulReference(
  shape: MatmulShape,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  extra: { bias?: ArrayLike<number>; residual?: ArrayLike<number>; before?: ArrayLike<number> } = {},
): Float64Array {
  const { m, n, k } = shape;
  const c = new Float64Array(m * n);
  for (let row = 0; row < m; row++) {
    for (let column = 0; column < n; column++) {
      let sum = 0;
      for (let p = 0; p < k; p++) {
        sum += a[shape.transposeA ? p * m + row : row * k + p] * b[shape.transposeB ? column * k + p : p * n + column];
      }
      const i = row * n + column;
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
