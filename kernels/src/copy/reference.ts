import type { CopyShape, RowsShape } from './index.js';

/** The strided copy, in float64; `before` is what `out` held. */
export function copyStridedReference(s: CopyShape, x: ArrayLike<number>, before: ArrayLike<number>): Float64Array {
  const out = Float64Array.from(before);
  for (let i0 = 0; i0 < s.n0; i0++)
    for (let i1 = 0; i1 < s.n1; i1++)
      for (let i2 = 0; i2 < s.n2; i2++)
        for (let i3 = 0; i3 < s.n3; i3++) {
          const from = s.xOffset + i0 * s.x0 + i1 * s.x1 + i2 * s.x2 + i3 * s.x3;
          const to = s.outOffset + i0 * s.o0 + i1 * s.o1 + i2 * s.o2 + i3 * s.o3;
          out[to] = x[from] + (s.accumulate === 1 ? out[to] : 0);
        }
  return out;
}

/** Rows of x named by `index`, zeros where there is no such row. */
export function gatherRowsReference({ rows, columns, indexed }: RowsShape, x: ArrayLike<number>, index: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: rows * columns }, (_, i) => {
    const row = index[Math.floor(i / columns)];
    return row < indexed ? x[row * columns + (i % columns)] : 0;
  });
}

/** Rows of x put where `index` says in a copy of `before`. */
export function scatterRowsReference(
  { rows, columns, indexed }: RowsShape,
  x: ArrayLike<number>,
  index: ArrayLike<number>,
  before: ArrayLike<number>,
): Float64Array {
  const out = Float64Array.from(before);
  for (let i = 0; i < rows; i++) if (index[i] < indexed) for (let c = 0; c < columns; c++) out[index[i] * columns + c] = x[i * columns + c];
  return out;
}
