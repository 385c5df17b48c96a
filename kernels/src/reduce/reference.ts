import { REDUCE, type ReduceShape } from './index.js';

/** Reduction of [outer, axis, inner] over the axis to `parts` interleaved parts, in float64; `before` is what `out` held. */
export function reduceReference(shape: ReduceShape, x: ArrayLike<number>, before?: ArrayLike<number>): Float64Array {
  const { operation, outer, axis, inner, parts, scale, root, accumulate } = shape;
  const out = new Float64Array(outer * parts * inner);
  for (let o = 0; o < outer; o++)
    for (let p = 0; p < parts; p++)
      for (let i = 0; i < inner; i++) {
        const values: number[] = [];
        for (let k = p; k < axis; k += parts) values.push(x[(o * axis + k) * inner + i]);
        const total = values.reduce((sum, value) => sum + (operation === REDUCE.sumOfSquares ? value * value : value), 0);
        const at = (o * parts + p) * inner + i;
        const result = root === 1 ? Math.sqrt(scale * total) : scale * total;
        out[at] = result + (accumulate === 1 && before ? before[at] : 0);
      }
  return out;
}
