import type { CholeskyShape, TriangularSolveShape } from './index.js';

type Numbers = ArrayLike<number>;

/** Lower Cholesky factors [batch, size, size], in float64. */
export function choleskyReference({ batch, size }: CholeskyShape, a: Numbers): Float64Array {
  const l = new Float64Array(batch * size * size);
  for (let m = 0; m < batch; m++) {
    const at = (row: number, column: number): number => (m * size + row) * size + column;
    for (let j = 0; j < size; j++)
      for (let i = j; i < size; i++) {
        let rest = a[at(i, j)];
        for (let k = 0; k < j; k++) rest -= l[at(i, k)] * l[at(j, k)];
        l[at(i, j)] = i === j ? Math.sqrt(rest) : rest / l[at(j, j)];
      }
  }
  return l;
}

/** x of L x = b or Lᵀ x = b, [batch, size, columns], in float64. */
export function triangularSolveReference(shape: TriangularSolveShape, l: Numbers, b: Numbers): Float64Array {
  const { batch, size, columns, transpose, transposedRight } = shape;
  const x = new Float64Array(batch * size * columns);
  for (let m = 0; m < batch; m++)
    for (let c = 0; c < columns; c++)
      for (let i = 0; i < size; i++) {
        const row = transpose ? size - 1 - i : i;
        let rest = transposedRight ? b[(m * columns + c) * size + row] : b[(m * size + row) * columns + c];
        for (let j = 0; j < i; j++) {
          const other = transpose ? size - 1 - j : j;
          const weight = transpose ? l[(m * size + other) * size + row] : l[(m * size + row) * size + other];
          rest -= weight * x[(m * size + other) * columns + c];
        }
        x[(m * size + row) * columns + c] = rest / l[(m * size + row) * size + row];
      }
  return x;
}
