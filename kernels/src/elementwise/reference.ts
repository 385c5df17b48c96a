import { BINARY, type BinaryShape, UNARY, type UnaryShape } from './index.js';

type Numbers = ArrayLike<number>;

function unaryFunction({ operation, a, b }: UnaryShape): { value(x: number): number; derivative(x: number): number } {
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  switch (operation) {
    case UNARY.relu:
      return { value: (x) => Math.max(x, 0), derivative: (x) => (x > 0 ? 1 : 0) };
    case UNARY.sigmoid:
      return { value: sigmoid, derivative: (x) => sigmoid(x) * (1 - sigmoid(x)) };
    case UNARY.tanh:
      return { value: Math.tanh, derivative: (x) => 1 - Math.tanh(x) ** 2 };
    case UNARY.exp:
      return { value: Math.exp, derivative: Math.exp };
    case UNARY.log:
      return { value: Math.log, derivative: (x) => 1 / x };
    case UNARY.square:
      return { value: (x) => x * x, derivative: (x) => 2 * x };
    case UNARY.sqrt:
      return { value: Math.sqrt, derivative: (x) => 0.5 / Math.sqrt(x) };
    case UNARY.negate:
      return { value: (x) => -x, derivative: () => -1 };
    case UNARY.abs:
      return { value: Math.abs, derivative: Math.sign };
    case UNARY.clamp:
      return { value: (x) => Math.min(Math.max(x, a), b), derivative: (x) => (x >= a && x <= b ? 1 : 0) };
    case UNARY.scaleShift:
      return { value: (x) => a * x + b, derivative: () => a };
    default:
      throw new RangeError(`no unary operation ${operation}`);
  }
}

/** f(x), element by element, in float64. */
export function unaryReference(shape: UnaryShape, x: Numbers): Float64Array {
  return Float64Array.from({ length: shape.count }, (_, i) => unaryFunction(shape).value(x[i]));
}

/** dout · f'(x) from the input x, in float64. */
export function unaryBackwardReference(shape: UnaryShape, x: Numbers, dout: Numbers): Float64Array {
  return Float64Array.from({ length: shape.count }, (_, i) => dout[i] * unaryFunction(shape).derivative(x[i]));
}

const binaryFunctions: Record<number, (left: number, right: number) => number> = {
  [BINARY.add]: (left, right) => left + right,
  [BINARY.subtract]: (left, right) => left - right,
  [BINARY.multiply]: (left, right) => left * right,
  [BINARY.divide]: (left, right) => left / right,
  [BINARY.minimum]: Math.min,
  [BINARY.maximum]: Math.max,
  [BINARY.minimumGradient]: (left, right) => (left < right ? 1 : left === right ? 0.5 : 0),
  [BINARY.rectifiedSum]: (left, right) => Math.max(left + right, 0),
  [BINARY.maximumGradient]: (left, right) => (left > right ? 1 : left === right ? 0.5 : 0),
};

/** f(a, b) over four axes with strides, in float64. */
export function binaryReference(s: BinaryShape, a: Numbers, b: Numbers): Float64Array {
  const out = new Float64Array(s.n0 * s.n1 * s.n2 * s.n3);
  let at = 0;
  for (let i0 = 0; i0 < s.n0; i0++)
    for (let i1 = 0; i1 < s.n1; i1++)
      for (let i2 = 0; i2 < s.n2; i2++)
        for (let i3 = 0; i3 < s.n3; i3++) {
          const left = a[i0 * s.a0 + i1 * s.a1 + i2 * s.a2 + i3 * s.a3];
          const right = b[i0 * s.b0 + i1 * s.b1 + i2 * s.b2 + i3 * s.b3];
          out[at++] = binaryFunctions[s.operation](left, right);
        }
  return out;
}
