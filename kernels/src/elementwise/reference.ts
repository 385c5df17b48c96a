import type { OperandFields } from './broadcast.js';
import { type FunctionName, functionRow } from './functions.js';
import { PAIRS, type PairName } from './pairs.js';
import type { UnaryShape } from './unary.js';

type Numbers = ArrayLike<number>;

/** f(x), element by element, in float64. */
export function unaryReference(name: FunctionName, { count, a, b }: UnaryShape, x: Numbers): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => functionRow(name).f(x[i], a, b));
}

/** dout · f'(x) from the input x, in float64. */
export function unaryBackwardReference(name: FunctionName, { count, a, b }: UnaryShape, x: Numbers, dout: Numbers): Float64Array {
  const { f, slope } = functionRow(name);
  return Float64Array.from({ length: count }, (_, i) => dout[i] * slope(x[i], f(x[i], a, b), a, b));
}

/** Calls `visit` for every element of the result, in order, with the places of the operands' elements. */
function walk(s: OperandFields, operands: readonly string[], visit: (at: number, places: readonly number[]) => void): void {
  let at = 0;
  for (let i0 = 0; i0 < s.n0; i0++)
    for (let i1 = 0; i1 < s.n1; i1++)
      for (let i2 = 0; i2 < s.n2; i2++)
        for (let i3 = 0; i3 < s.n3; i3++) {
          const place = (operand: string): number =>
            i0 * s[`${operand}0`] + i1 * s[`${operand}1`] + i2 * s[`${operand}2`] + i3 * s[`${operand}3`];
          visit(at++, operands.map(place));
        }
}

const elements = (s: OperandFields): number => s.n0 * s.n1 * s.n2 * s.n3;

/** f(a, b) over four axes with strides, in float64; masks as 0 and 1. */
export function binaryReference(name: PairName, s: OperandFields<'a' | 'b'>, a: Numbers, b: Numbers): Float64Array {
  const out = new Float64Array(elements(s));
  walk(s, ['a', 'b'], (at, [left, right]) => {
    out[at] = Number(PAIRS[name].f(a[left], b[right]));
  });
  return out;
}

/** Gradients of f(a, b) for both, one for each element of the result, in float64. */
export function binaryBackwardReference(
  name: PairName,
  s: OperandFields<'g' | 'a' | 'b'>,
  g: Numbers,
  a: Numbers,
  b: Numbers,
): [Float64Array, Float64Array] {
  const out: [Float64Array, Float64Array] = [new Float64Array(elements(s)), new Float64Array(elements(s))];
  walk(s, ['g', 'a', 'b'], (at, [gAt, left, right]) => {
    const slopes = PAIRS[name].slopes?.(g[gAt], a[left], b[right]) ?? [Number.NaN, Number.NaN];
    [out[0][at], out[1][at]] = slopes;
  });
  return out;
}

/** a or b, by the mask. */
export function whereReference(s: OperandFields<'condition' | 'a' | 'b'>, condition: Numbers, a: Numbers, b: Numbers): Float64Array {
  const out = new Float64Array(elements(s));
  walk(s, ['condition', 'a', 'b'], (at, [chosen, left, right]) => {
    out[at] = condition[chosen] !== 0 ? a[left] : b[right];
  });
  return out;
}
