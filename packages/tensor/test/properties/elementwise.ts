/** Functions of each element: of one tensor, and of several with broadcasting. */
import { FUNCTIONS } from '@coxswain/kernels';
import type { DType, Tensor } from '../../src/index.js';
import * as ops from '../../src/ops/index.js';
import type { Draw } from './draw.js';
import { type Host, SMALLEST } from './host.js';
import { broadcast, elementAt, expected, finite, placesOf, sigmoid, softplus } from './loops.js';
import { type Row, type Rows, row } from './row.js';

type Unary = Readonly<Record<'x', Host>> & Readonly<Record<string, Host | number>>;

interface UnaryOptions {
  readonly tolerance: number;
  readonly floor?: number;
  /** What errors are relative to, in place of the result. */
  readonly magnitude?: (x: number) => number;
  /** Numbers that the function takes, in order. */
  readonly numbers?: (draw: Draw) => Readonly<Record<string, number>>;
  /** The adapter may take denormals for anything from 0 to the smallest normal number: they are left out. */
  readonly normal?: boolean;
}

const noNumbers = (): Readonly<Record<string, number>> => ({});

/** A function of one element and, maybe, numbers; f in float64, from both in order. */
function unary(
  apply: (x: Tensor, ...numbers: never[]) => Tensor,
  f: (x: number, ...numbers: number[]) => number,
  { tolerance, floor, magnitude, numbers = noNumbers, normal }: UnaryOptions,
): Row {
  const values = ({ x: _, ...rest }: Record<string, unknown>): never[] => Object.values(rest) as never[];
  const withoutDenormals = (x: Host): Host => ({ ...x, data: x.data.map((value) => (Math.abs(value) < SMALLEST ? 0 : value)) });
  return row<Unary>({
    tolerance,
    floor,
    gradients: ['x'],
    draw: (draw) => {
      const x = draw.f32(draw.shape(), 'huge');
      return { x: normal ? withoutDenormals(x) : x, ...numbers(draw) };
    },
    run: (given) => ({ out: apply(given.x as Tensor, ...values(given)) }),
    reference: (given) => {
      const { data, shape } = given.x;
      return { out: expected(shape, (i) => f(data[i], ...values(given)), magnitude && ((i) => magnitude(data[i]))) };
    },
  });
}

/** Shapes of so many operands that broadcast. */
function broadcasting(draw: Draw, operands: number): number[][] {
  const shape = draw.shape(0, 4);
  return Array.from({ length: operands }, () => {
    const from = draw.integer(0, 2) === 0 ? draw.integer(0, shape.length) : 0;
    return shape.slice(from).map((n) => (draw.integer(0, 3) === 0 ? 1 : n));
  });
}

/** A tensor of a dtype, of any numbers that it has. */
export function anything(draw: Draw, shape: readonly number[], dtype: DType = draw.pick(DTYPES)): Host {
  if (dtype === 'f32') return draw.f32(shape, 'huge');
  return dtype === 'i32' ? draw.i32(shape, -(2 ** 31), 2 ** 31 - 1) : draw.u32(shape, 0, 2 ** 32 - 1);
}
/** f32 more often: it alone has gradients and special values. */
export const DTYPES = ['f32', 'f32', 'i32', 'u32'] as const;

type Pair = Readonly<Record<'a' | 'b', Host>>;

interface PairOptions {
  readonly tolerance: number;
  /** Whether the operands may cancel: errors are then relative to the larger. */
  readonly cancels?: boolean;
  /** Dtypes that it takes, f32 by default. */
  readonly dtypes?: readonly DType[];
  readonly gradients?: readonly string[];
  /** Numbers of a mask, 0 and 1. */
  readonly masks?: boolean;
}

const NO_BROADCAST: Pair = {
  a: { shape: [3, 2], dtype: 'f32', data: [1, 2, 3, 4, 5, 6] },
  b: { shape: [3], dtype: 'f32', data: [1, 2, 3] },
};

function pair(
  apply: (a: Tensor, b: Tensor) => Tensor,
  f: (a: number, b: number, dtype: DType) => number,
  { tolerance, cancels, dtypes = ['f32'], gradients = ['a', 'b'], masks }: PairOptions,
): Row {
  const several = dtypes.length > 1;
  return row<Pair>({
    tolerance,
    gradients,
    ...(several ? { anyDtype: ['a', 'b'] } : {}),
    draw: (draw) => {
      const [a, b] = broadcasting(draw, 2);
      const dtype = draw.pick(dtypes);
      const made = (shape: readonly number[]): Host => (masks ? draw.u32(shape, 0, 1) : anything(draw, shape, dtype));
      return { a: made(a), b: made(b) };
    },
    run: ({ a, b }) => ({ out: apply(a, b) }),
    reference: ({ a, b }) => {
      const shape = broadcast(a.shape, b.shape);
      const at = (host: Host, i: number): number => elementAt(host, placesOf(shape, i));
      const magnitude = (i: number): number => Math.max(finite(at(a, i)), finite(at(b, i)));
      return { out: expected(shape, (i) => f(at(a, i), at(b, i), a.dtype), cancels ? magnitude : undefined) };
    },
    mistakes: {
      ...(masks ? {} : { 'shapes that do not broadcast': () => NO_BROADCAST }),
      ...(several ? { 'two dtypes': ({ a }) => ({ a: { ...a, dtype: 'i32', data: a.data.map(() => 1) }, b: NO_BROADCAST.b }) } : {}),
    },
  });
}

/** A whole number as its dtype keeps it. */
const wrapped = (x: number, dtype: DType): number => (dtype === 'f32' ? x : dtype === 'i32' ? x | 0 : x >>> 0);
const times = (a: number, b: number, dtype: DType): number => (dtype === 'f32' ? a * b : wrapped(Math.imul(a, b), dtype));
const ARITHMETIC: PairOptions = { tolerance: 4e-7, dtypes: DTYPES };
const comparison = (apply: (a: Tensor, b: Tensor) => Tensor, holds: (a: number, b: number) => boolean): Row =>
  pair(apply, (a, b) => Number(holds(a, b)), { tolerance: 0, dtypes: DTYPES, gradients: [] });
const logical = (apply: (a: Tensor, b: Tensor) => Tensor, holds: (a: boolean, b: boolean) => boolean): Row =>
  pair(apply, (a, b) => Number(holds(a !== 0, b !== 0)), { tolerance: 0, gradients: [], masks: true });

/** Powers as C and PyTorch have them. */
const power = (x: number, exponent: number): number =>
  exponent === 0.5 ? Math.sqrt(x) : exponent === -0.5 ? 1 / Math.sqrt(x) : x ** exponent;
const { f: erf } = FUNCTIONS.erf;
const halfEven = (x: number): number => {
  const below = Math.floor(x);
  return x - below === 0.5 ? below + (Math.abs(below) % 2) : Math.round(x);
};

/** Where a limit of f32 is 1, what is left is relative to it. */
const NEAR_ONE = 2e-7;
const size = (x: number): number => (Number.isFinite(x) ? Math.abs(x) : 0);
/** Angles' rounding is that of their multiples of π. */
const angle = (x: number): number => 10 + size(x);

const functions: Rows = {
  relu: unary(ops.relu, (x) => Math.max(x, 0), { tolerance: 0 }),
  leakyRelu: unary(ops.leakyRelu, (x, slope) => (x > 0 ? x : slope * x), {
    tolerance: 2e-7,
    numbers: (draw) => ({ slope: draw.number(-1, 1) }),
  }),
  elu: unary(ops.elu, (x, alpha) => (x > 0 ? x : alpha * Math.expm1(x)), {
    tolerance: 4e-6,
    numbers: (draw) => ({ alpha: draw.number(-2, 2) }),
  }),
  gelu: unary(ops.gelu, (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)), { tolerance: 1e-6, magnitude: size }),
  geluTanh: unary(ops.geluTanh, (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))), {
    tolerance: 1e-6,
    magnitude: size,
  }),
  silu: unary(ops.silu, (x) => x / (1 + Math.exp(-x)), { tolerance: 1e-5 }),
  softplus: unary(ops.softplus, (x) => (x > 20 ? x : softplus(x)), { tolerance: 4e-6 }),
  sigmoid: unary(ops.sigmoid, sigmoid, { tolerance: 1e-5 }),
  tanh: unary(ops.tanh, Math.tanh, { tolerance: 2e-6, floor: NEAR_ONE }),
  exp: unary(ops.exp, Math.exp, { tolerance: 1e-5 }),
  expm1: unary(ops.expm1, Math.expm1, { tolerance: 1e-5 }),
  log: unary(ops.log, Math.log, { tolerance: 1e-6, floor: NEAR_ONE, normal: true }),
  log1p: unary(ops.log1p, Math.log1p, { tolerance: 2e-6 }),
  square: unary(ops.square, (x) => x * x, { tolerance: 2e-7 }),
  sqrt: unary(ops.sqrt, Math.sqrt, { tolerance: 1e-6 }),
  rsqrt: unary(ops.rsqrt, (x) => 1 / Math.sqrt(x), { tolerance: 2e-6, normal: true }),
  reciprocal: unary(ops.reciprocal, (x) => 1 / x, { tolerance: 1e-6 }),
  pow: unary(ops.pow, power, {
    tolerance: 2e-5,
    normal: true,
    numbers: (draw) => ({ exponent: draw.pick([-2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3]) }),
  }),
  erf: unary(ops.erf, erf, { tolerance: 1e-6, floor: NEAR_ONE }),
  sin: unary(ops.sin, Math.sin, { tolerance: 1e-7, magnitude: angle }),
  cos: unary(ops.cos, Math.cos, { tolerance: 1e-7, magnitude: angle }),
  negate: unary(ops.negate, (x) => -x, { tolerance: 0 }),
  abs: unary(ops.abs, Math.abs, { tolerance: 0 }),
  sign: unary(ops.sign, (x) => Math.sign(x) || 0, { tolerance: 0, normal: true }),
  floor: unary(ops.floor, Math.floor, { tolerance: 0, normal: true }),
  round: unary(ops.round, halfEven, { tolerance: 0 }),
  clamp: unary(ops.clamp, (x, low, high) => Math.min(Math.max(x, low), high), {
    tolerance: 0,
    numbers: (draw) => {
      const low = draw.number(-3, 3);
      return { low, high: low + draw.number(1 / 64, 3) };
    },
  }),
  scale: unary(ops.scale, (x, factor, shift) => factor * x + shift, {
    tolerance: 4e-7,
    floor: 2e-6,
    numbers: (draw) => ({ factor: draw.number(-3, 3), shift: draw.number(-3, 3) }),
  }),
};

const pairs: Rows = {
  add: pair(ops.add, (a, b, dtype) => wrapped(a + b, dtype), { ...ARITHMETIC, cancels: true }),
  sub: pair(ops.sub, (a, b, dtype) => wrapped(a - b, dtype), { ...ARITHMETIC, cancels: true }),
  mul: pair(ops.mul, times, ARITHMETIC),
  addRelu: pair(ops.addRelu, (a, b) => Math.max(a + b, 0), { tolerance: 4e-7, cancels: true }),
  div: pair(ops.div, (a, b) => a / b, { tolerance: 1e-6 }),
  minimum: pair(ops.minimum, (a, b) => Math.min(a, b), { tolerance: 0 }),
  maximum: pair(ops.maximum, (a, b) => Math.max(a, b), { tolerance: 0 }),
  lt: comparison(ops.lt, (a, b) => a < b),
  le: comparison(ops.le, (a, b) => a <= b),
  gt: comparison(ops.gt, (a, b) => a > b),
  ge: comparison(ops.ge, (a, b) => a >= b),
  eq: comparison(ops.eq, (a, b) => a === b),
  ne: comparison(ops.ne, (a, b) => a !== b),
  logicalAnd: logical(ops.logicalAnd, (a, b) => a && b),
  logicalOr: logical(ops.logicalOr, (a, b) => a || b),
};

/** f32 as i32 or u32: cut towards 0, the ends of the range past them, 0 for NaN. */
const RANGES = { i32: [-(2 ** 31), 2 ** 31 - 1], u32: [0, 2 ** 32 - 1] } as const;
function converted(x: number, from: DType, to: DType): number {
  if (to === 'f32') return Math.fround(x);
  if (from !== 'f32') return to === 'i32' ? x | 0 : x >>> 0;
  const [low, high] = RANGES[to];
  return Number.isNaN(x) ? 0 : Math.min(Math.max(Math.trunc(x), low), high);
}

export const elementwise: Rows = {
  ...functions,
  ...pairs,
  logicalNot: row<{ mask: Host }>({
    tolerance: 0,
    gradients: [],
    draw: (draw) => ({ mask: draw.u32(draw.shape(), 0, 2) }),
    run: ({ mask }) => ({ out: ops.logicalNot(mask) }),
    reference: ({ mask }) => ({ out: expected(mask.shape, (i) => Number(mask.data[i] === 0)) }),
  }),
  cast: row<{ x: Host; dtype: DType }>({
    // The largest f32 below 2³² and 2³¹ stand for the ends of the ranges.
    tolerance: 1e-7,
    // f32 as f32 is x itself; nothing flows through whole numbers.
    gradients: [],
    anyDtype: ['x'],
    draw: (draw) => ({ x: anything(draw, draw.shape()), dtype: draw.pick(['f32', 'i32', 'u32'] as const) }),
    run: ({ x, dtype }) => ({ out: ops.cast(x, dtype) }),
    reference: ({ x, dtype }) => ({ out: expected(x.shape, (i) => converted(x.data[i], x.dtype, dtype)) }),
    mistakes: { 'a dtype that there is none of': ({ x }) => ({ x, dtype: 'f64' as DType }) },
  }),
  where: row<{ condition: Host; a: Host; b: Host }>({
    tolerance: 0,
    gradients: ['a', 'b'],
    anyDtype: ['a', 'b'],
    draw: (draw) => {
      const [condition, a, b] = broadcasting(draw, 3);
      const dtype = draw.pick(DTYPES);
      return { condition: draw.u32(condition, 0, 1), a: anything(draw, a, dtype), b: anything(draw, b, dtype) };
    },
    run: ({ condition, a, b }) => ({ out: ops.where(condition, a, b) }),
    reference: ({ condition, a, b }) => {
      const shape = broadcast(condition.shape, a.shape, b.shape);
      const at = (host: Host, i: number): number => elementAt(host, placesOf(shape, i));
      return { out: expected(shape, (i) => (at(condition, i) !== 0 ? at(a, i) : at(b, i))) };
    },
  }),
};
