import { FOLD, FOLD_SECOND, type FoldShape, REDUCE, type ReduceShape, SPREAD, type SpreadShape } from './index.js';

/**
 * Reduction of [outer, axis, inner] over the axis to `parts` interleaved parts, in float64; `before` is what `out`
 * held.
 */
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

/** Whether `a` is chosen before `b` as an extreme: NaN is above all, and of equals the first is kept. */
const isMore = (a: number, b: number, smallest: boolean): boolean => !Number.isNaN(b) && (Number.isNaN(a) || (smallest ? a < b : a > b));

function foldValues(values: readonly number[], { operation, scale }: FoldShape): { readonly out: number; readonly mean: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = scale * values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  switch (operation) {
    case FOLD.any:
      return { out: values.some((value) => value !== 0) ? 1 : 0, mean };
    case FOLD.all:
      return { out: values.every((value) => value !== 0) ? 1 : 0, mean };
    case FOLD.variance:
      return { out: variance, mean };
    case FOLD.deviation:
      return { out: Math.sqrt(variance), mean };
    default: {
      const most = values.reduce((best, value) => Math.max(best, value), -Infinity);
      const shift = Number.isFinite(most) ? most : 0;
      return { out: shift + Math.log(values.reduce((sum, value) => sum + Math.exp(value - shift), 0)), mean };
    }
  }
}

/**
 * A whole fold of [outer, axis, inner] over its axis, in float64: results, and indices, counts or means beside them.
 */
export function foldReference(shape: FoldShape, x: ArrayLike<number>): { readonly out: Float64Array; readonly second: Float64Array } {
  const { operation, second: asked, outer, axis, inner } = shape;
  const out = new Float64Array(outer * inner);
  const second = new Float64Array(outer * inner);
  for (let at = 0; at < outer * inner; at++) {
    const values = Array.from({ length: axis }, (_, k) => x[(Math.floor(at / inner) * axis + k) * inner + (at % inner)]);
    if (operation === FOLD.maximum || operation === FOLD.minimum) {
      const first = values.reduce((best, value, k) => (isMore(value, values[best], operation === FOLD.minimum) ? k : best), 0);
      const equal = values.filter((value) => value === values[first] || (Number.isNaN(value) && Number.isNaN(values[first])));
      out[at] = values[first];
      second[at] = asked === FOLD_SECOND.index ? first : equal.length;
    } else {
      const result = foldValues(values, shape);
      out[at] = result.out;
      second[at] = result.mean;
    }
  }
  return { out, second };
}

/** The gradient of a whole fold, in float64, as PyTorch's `amax`, `var`, `std` and `logsumexp` have it. */
export function foldSpreadReference({ operation, outer, axis, inner, scale }: SpreadShape, x: ArrayLike<number>, dout: ArrayLike<number>) {
  const named = [FOLD.maximum, FOLD.variance, FOLD.deviation, FOLD.logSumExp][operation];
  const half = operation === SPREAD.variance ? scale / 2 : scale;
  const base = { operation: named, second: FOLD_SECOND.count, order: 0, outer, axis, inner, parts: 1, fromStates: 0, toStates: 0 };
  const { out, second } = foldReference({ ...base, scale: half }, x);
  return Float64Array.from({ length: outer * axis * inner }, (_, i) => {
    const at = Math.floor(i / (axis * inner)) * inner + (i % inner);
    switch (operation) {
      case SPREAD.extreme:
        return Number.isNaN(out[at]) ? Number.NaN : x[i] === out[at] ? dout[at] / second[at] : 0;
      case SPREAD.variance:
        return dout[at] * scale * (x[i] - second[at]);
      case SPREAD.deviation:
        return out[at] === 0 ? 0 : (dout[at] * scale * (x[i] - second[at])) / out[at];
      default:
        return dout[at] * Math.exp(x[i] - out[at]);
    }
  });
}
