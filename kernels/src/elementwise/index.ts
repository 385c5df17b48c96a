import {
  type AdapterTraits,
  type Constant,
  f32,
  type Kernel,
  read,
  stridedGrid,
  stridedWorkgroup,
  u32,
  valueConstants,
  written,
} from '../declaration.js';
import binarySource from './binary.wgsl';
import { rowGroups, takesFours } from './broadcast.js';
import unarySource from './unary.wgsl';
import unaryBackwardSource from './unary-backward.wgsl';

export { type BroadcastFields, broadcastFields, broadcastShape } from './broadcast.js';

/**
 * Functions of one element. `clamp` and `scaleShift` read the shape's `a` and `b`: clamp(x, a, b) and a·x + b.
 * exp saturates at exp(88), log at the smallest normal number, sqrt at 0: results are always finite.
 */
export const UNARY = {
  relu: 0,
  sigmoid: 1,
  tanh: 2,
  exp: 3,
  log: 4,
  square: 5,
  sqrt: 6,
  negate: 7,
  abs: 8,
  clamp: 9,
  scaleShift: 10,
} as const;

/** The functions whose gradient is computed from their output; the others need their input. */
export const UNARY_SAVES_OUTPUT: ReadonlySet<number> = new Set([UNARY.relu, UNARY.sigmoid, UNARY.tanh, UNARY.exp, UNARY.sqrt]);

/** Functions of two elements. The gradients are the share of dout that goes to the first operand: 1, 0, or ½ at a tie. */
export const BINARY = {
  add: 0,
  subtract: 1,
  multiply: 2,
  divide: 3,
  minimum: 4,
  maximum: 5,
  minimumGradient: 6,
  maximumGradient: 7,
  /** max(a + b, 0) */
  rectifiedSum: 8,
} as const;

export type UnaryShape = {
  /** A value of `UNARY`. */
  readonly operation: number;
  /** Elements. */
  readonly count: number;
  readonly a: number;
  readonly b: number;
};

/** Dimensions n0…n3 of the output (outermost first, 1 where unused) and both operands' strides in elements, 0 to broadcast. */
export type BinaryShape = {
  /** A value of `BINARY`. */
  readonly operation: number;
  readonly n0: number;
  readonly n1: number;
  readonly n2: number;
  readonly n3: number;
  readonly a0: number;
  readonly a1: number;
  readonly a2: number;
  readonly a3: number;
  readonly b0: number;
  readonly b1: number;
  readonly b2: number;
  readonly b3: number;
};

const lanesOf = (count: number): number => (count % 4 === 0 ? 4 : 1);

const unaryUniforms = [...u32('count'), ...f32('a', 'b')];

const unaryConstants = ({ operation, count }: UnaryShape, adapter: AdapterTraits): Record<string, Constant> => ({
  WORKGROUP: stridedWorkgroup(adapter),
  OPERATION: operation,
  ...valueConstants(lanesOf(count) === 4),
});

/** `out[i] = f(x[i])`, f chosen by `operation`. */
export const unary: Kernel<UnaryShape> = {
  name: 'elementwise/unary',
  source: unarySource,
  buffers: [read('x', 'f32', 'Value'), written('out', 'f32', 'Value')],
  uniforms: unaryUniforms,
  constants: unaryConstants,
  grid: ({ count }, adapter) => stridedGrid(count / lanesOf(count), adapter),
  cost: ({ count }) => ({ flops: count, bytes: 8 * count }),
  sample: { operation: UNARY.tanh, count: 1000, a: 0, b: 0 },
};

/** `dx[i] = dout[i] · f'`, overwriting dx. `saved` is f's output for `UNARY_SAVES_OUTPUT`, else its input. */
export const unaryBackward: Kernel<UnaryShape> = {
  name: 'elementwise/unary-backward',
  source: unaryBackwardSource,
  buffers: [read('saved', 'f32', 'Value'), read('dout', 'f32', 'Value'), written('dx', 'f32', 'Value')],
  uniforms: unaryUniforms,
  constants: unaryConstants,
  grid: ({ count }, adapter) => stridedGrid(count / lanesOf(count), adapter),
  cost: ({ count }) => ({ flops: 3 * count, bytes: 12 * count }),
  sample: { operation: UNARY.tanh, count: 1000, a: 0, b: 0 },
};

const isPlain = (s: BinaryShape): boolean => s.n0 * s.n1 * s.n2 === 1 && s.a3 === 1 && s.b3 === 1;
const rowsOf = (s: BinaryShape): number => s.n0 * s.n1 * s.n2;

function binaryLanes(s: BinaryShape): number {
  if (isPlain(s)) return lanesOf(s.n3);
  return s.a3 === 1 && s.b3 === 1 && takesFours(s.n3, s.a0, s.a1, s.a2, s.b0, s.b1, s.b2) ? 4 : 1;
}

const elements = (s: BinaryShape): number => s.n0 * s.n1 * s.n2 * s.n3;
const reads = (s: BinaryShape, strides: readonly number[]): number =>
  [s.n0, s.n1, s.n2, s.n3].reduce((product, n, axis) => (strides[axis] === 0 ? product : product * n), 1);

/** `out = f(a, b)` with numpy broadcasting; `broadcastFields(aShape, bShape)` makes the shape's fields. */
export const binary: Kernel<BinaryShape> = {
  name: 'elementwise/binary',
  source: binarySource,
  buffers: [read('a', 'f32', 'Value'), read('b', 'f32', 'Value'), written('out', 'f32', 'Value')],
  uniforms: (['n0', 'n1', 'n2', 'n3', 'a0', 'a1', 'a2', 'a3', 'b0', 'b1', 'b2', 'b3'] as const).map((name) => ({ name, type: 'u32' })),
  constants: (shape, adapter) => ({
    WORKGROUP: isPlain(shape) ? stridedWorkgroup(adapter) : rowGroups(shape.n3 / binaryLanes(shape), rowsOf(shape), adapter).workgroup,
    OPERATION: shape.operation,
    BROADCAST: !isPlain(shape),
    ...valueConstants(binaryLanes(shape) === 4),
  }),
  grid: (shape, adapter) => {
    const width = shape.n3 / binaryLanes(shape);
    return isPlain(shape) ? stridedGrid(width, adapter) : rowGroups(width, rowsOf(shape), adapter).grid;
  },
  cost: (s) => ({
    flops: elements(s),
    bytes: 4 * (elements(s) + reads(s, [s.a0, s.a1, s.a2, s.a3]) + reads(s, [s.b0, s.b1, s.b2, s.b3])),
  }),
  sample: { operation: BINARY.add, n0: 1, n1: 1, n2: 100, n3: 64, a0: 0, a1: 0, a2: 64, a3: 1, b0: 0, b1: 0, b2: 0, b3: 1 },
};
