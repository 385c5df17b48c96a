import type { CopyShape, PadShape, RowsShape, TakeShape, ViewShape } from './index.js';

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

/** What a strided view shows, row by row, in float64. */
export function viewReference(s: ViewShape, x: ArrayLike<number>): Float64Array {
  const sizes = [s.n0, s.n1, s.n2, s.n3, s.n4, s.n5];
  const strides = [s.s0, s.s1, s.s2, s.s3, s.s4, s.s5].map((stride) => stride | 0);
  const out = new Float64Array(sizes.reduce((product, n) => product * n, 1));
  for (let i = 0; i < out.length; i++) {
    let [rest, at] = [i, s.offset];
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      at += (rest % sizes[axis]) * strides[axis];
      rest = Math.floor(rest / sizes[axis]);
    }
    out[i] = x[at];
  }
  return out;
}

/** An axis put into another with steps, `value` (a number, not its bits) elsewhere, in float64. */
export function padReference({ outer, axis, xAxis, inner, before, step }: PadShape, x: ArrayLike<number>, value: number): Float64Array {
  return Float64Array.from({ length: outer * axis * inner }, (_, i) => {
    const [row, t, j] = [Math.floor(i / (axis * inner)), Math.floor(i / inner) % axis, i % inner];
    const place = (t - (before | 0)) / step;
    return Number.isInteger(place) && place >= 0 && place < xAxis ? x[(row * xAxis + place) * inner + j] : value;
  });
}

const placeOf = (s: TakeShape, index: ArrayLike<number>, i: number): number => {
  const [row, t, j] = [Math.floor(i / (s.time * s.inner)), Math.floor(i / s.inner) % s.time, i % s.inner];
  return index[row * s.indexOuter + t * s.indexTime + j * s.indexInner];
};
const placeIn = (s: TakeShape, i: number, place: number): number =>
  (Math.floor(i / (s.time * s.inner)) * s.axis + place) * s.inner + (i % s.inner);

/** Elements by their places along an axis, in float64; `missing` is a number here, not its bits. */
export function takeReference(s: TakeShape, x: ArrayLike<number>, index: ArrayLike<number>, missing: number): Float64Array {
  return Float64Array.from({ length: s.outer * s.time * s.inner }, (_, i) => {
    const place = placeOf(s, index, i);
    return place < s.axis ? x[placeIn(s, i, place)] : missing;
  });
}

/** Elements added up at their places along an axis, in float64: the gradient of taking them. */
export function takeBackwardReference(s: TakeShape, dout: ArrayLike<number>, index: ArrayLike<number>): Float64Array {
  const dx = new Float64Array(s.outer * s.axis * s.inner);
  for (let i = 0; i < s.outer * s.time * s.inner; i++) {
    const place = placeOf(s, index, i);
    if (place < s.axis) dx[placeIn(s, i, place)] += dout[i];
  }
  return dx;
}
