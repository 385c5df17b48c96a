/** Folds of one axis whose state is more than a sum: extremes with their places, moments, log-sum-exp. */
import { type AdapterTraits, f32, type Kernel, read, stridedGrid, stridedWorkgroup, u32, written } from '../declaration.js';
import foldSource from './fold.wgsl';
import extreme from './folds/extreme.wgsl';
import logSumExp from './folds/log-sum-exp.wgsl';
import moments from './folds/moments.wgsl';
import spreadSource from './spread.wgsl';

/**
 * What is folded. `maximum` and `minimum`: NaN where one is, zeros of both signs are equal. `any` and `all`: 1 or 0, of
 * elements that are not 0 (NaN is not). `variance` and `deviation`: `scale` times the squared deviations from the mean,
 * and the root of that.
 */
export const FOLD = { maximum: 0, minimum: 1, any: 2, all: 3, variance: 4, deviation: 5, logSumExp: 6 } as const;

/** What an extreme writes to `second`: the first index that has it, or how many elements have it. */
export const FOLD_SECOND = { none: 0, index: 1, count: 2 } as const;

/** How the bits of elements are ordered, as `fragments::order` has it. */
export const ORDER = { f32: 0, u32: 1, i32: 2 } as const;

export type FoldShape = {
  /** A value of `FOLD`. */
  readonly operation: number;
  /** A value of `FOLD_SECOND`; `variance` and `deviation` always write their means there. */
  readonly second: number;
  /** A value of `ORDER`. */
  readonly order: number;
  /** x is [outer, axis, inner], results are [outer, inner]. */
  readonly outer: number;
  readonly axis: number;
  readonly inner: number;
  /** Partial states per output; 1 for the result itself. */
  readonly parts: number;
  /** 1: read the states of an earlier launch; `axis` is its `parts`. */
  readonly fromStates: number;
  /** 1: write [outer, parts, inner] states of `STATE_WORDS` words for a later launch. */
  readonly toStates: number;
  readonly scale: number;
};

/** u32 words of a state. */
export const STATE_WORDS = 4;

const isExtreme = (operation: number): boolean => operation <= FOLD.all;
const isMoment = (operation: number): boolean => operation === FOLD.variance || operation === FOLD.deviation;

const inputs = ({ outer, axis, inner }: FoldShape): number => outer * axis * inner;
const results = ({ outer, inner, parts }: FoldShape): number => outer * inner * parts;
const writesSecond = ({ operation, second, toStates }: FoldShape): boolean => toStates === 0 && (second > 0 || isMoment(operation));

/** Four neighbours of the axis at a time, where it is the last. */
const takesFours = ({ axis, inner }: Pick<FoldShape, 'axis' | 'inner'>): boolean => inner === 1 && axis % 4 === 0;

/** One launch of a fold; `foldStages` says which. Buffers that a launch does not use may be any. */
export const fold: Kernel<FoldShape> = {
  name: 'reduce/fold',
  source: foldSource,
  fragments: ({ operation }) => ({ fold: isExtreme(operation) ? extreme : isMoment(operation) ? moments : logSumExp }),
  buffers: [
    read('x', 'u32', 'Words'),
    read('states', 'vec4<u32>'),
    written('joint', 'vec4<u32>'),
    written('out', 'u32'),
    written('second', 'u32'),
  ],
  uniforms: [...u32('outer', 'axis', 'inner', 'parts'), ...f32('scale')],
  constants: ({ operation, second, order, fromStates, toStates, ...sizes }, adapter) => ({
    WORKGROUP: stridedWorkgroup(adapter),
    FROM_STATES: fromStates === 1,
    TO_STATES: toStates === 1,
    ...(fromStates === 0 && takesFours(sizes) ? { Words: 'vec4<u32>', LANES: 4 } : { Words: 'u32', LANES: 1 }),
    ...(isExtreme(operation) ? { OPERATION: operation, SECOND: second, ORDER: order } : {}),
    ...(isMoment(operation) ? { ROOT: operation === FOLD.deviation } : {}),
  }),
  lengths: (shape) => ({
    x: shape.fromStates ? 0 : inputs(shape),
    states: shape.fromStates ? inputs(shape) * STATE_WORDS : 0,
    joint: shape.toStates ? results(shape) * STATE_WORDS : 0,
    out: shape.toStates ? 0 : results(shape),
    second: writesSecond(shape) ? results(shape) : 0,
  }),
  grid: (shape, adapter) => stridedGrid(results(shape), adapter, Math.max(8, Math.floor((512 * shape.parts) / Math.max(1, shape.axis)))),
  cost: (shape) => ({
    flops: inputs(shape) * (isExtreme(shape.operation) ? 1 : 6),
    bytes:
      4 * inputs(shape) * (shape.fromStates ? STATE_WORDS : 1) +
      4 * results(shape) * (shape.toStates ? STATE_WORDS : writesSecond(shape) ? 2 : 1),
  }),
  sample: {
    ...{ operation: FOLD.maximum, second: FOLD_SECOND.index, order: ORDER.f32 },
    ...{ outer: 1, axis: 3000, inner: 64, parts: 1, fromStates: 0, toStates: 0, scale: 1 },
  },
};

/** Outputs that fill an adapter, and the axis from which fewer are worth a second launch. */
const FILLS = { software: { outputs: 512, axis: 8192 }, gpu: { outputs: 65536, axis: 512 } } as const;

/** Parts of a row of one, a multiple of these, fill SIMD groups. */
const PART_GROUP = 32;

/** The one or two launches that fold [outer, axis, inner]: the first reads x, the last writes results. */
export function foldStages(
  whole: Omit<FoldShape, 'parts' | 'fromStates' | 'toStates'>,
  { family }: AdapterTraits,
): readonly [FoldShape] | readonly [FoldShape, FoldShape] {
  const count = whole.outer * whole.inner;
  const fills = FILLS[family];
  if (whole.axis < fills.axis || count >= fills.outputs) return [{ ...whole, parts: 1, fromStates: 0, toStates: 0 }];
  const wanted = Math.min(Math.ceil(fills.outputs / count), Math.ceil(Math.sqrt(whole.axis)));
  const parts = whole.inner === 1 ? PART_GROUP * Math.ceil(wanted / PART_GROUP) : Math.max(2, wanted);
  return [
    { ...whole, parts, fromStates: 0, toStates: 1 },
    { ...whole, axis: parts, parts: 1, fromStates: 1, toStates: 0 },
  ];
}

/** Gradients that `foldSpread` knows, by what was folded. */
export const SPREAD = { extreme: 0, variance: 1, deviation: 2, logSumExp: 3 } as const;

export type SpreadShape = {
  /** A value of `SPREAD`. */
  readonly operation: number;
  /** x and dx are [outer, axis, inner]; out, second and dout [outer, inner]. */
  readonly outer: number;
  readonly axis: number;
  readonly inner: number;
  /** Of `variance`: twice the scale of the fold; of `deviation`: that scale. */
  readonly scale: number;
};

/**
 * The gradient of a fold, overwriting dx. An extreme's is shared evenly by all elements equal to it (`second` is their
 * number) and is NaN in a row whose extreme is; a deviation's is 0 where the deviation is.
 */
export const foldSpread: Kernel<SpreadShape> = {
  name: 'reduce/spread',
  source: spreadSource,
  buffers: [read('x', 'u32'), read('out', 'u32'), read('second', 'u32'), read('dout'), written('dx')],
  uniforms: [...u32('outer', 'axis', 'inner'), ...f32('scale')],
  constants: ({ operation }, adapter) => ({ WORKGROUP: stridedWorkgroup(adapter), OPERATION: operation, ORDER: ORDER.f32 }),
  lengths: ({ operation, outer, axis, inner }) => {
    const [whole, row] = [outer * axis * inner, outer * inner];
    return { x: whole, out: row, second: operation === SPREAD.logSumExp ? 0 : row, dout: row, dx: whole };
  },
  grid: ({ outer, axis, inner }, adapter) => stridedGrid(outer * axis * inner, adapter),
  cost: ({ outer, axis, inner }) => ({ flops: 4 * outer * axis * inner, bytes: 4 * outer * inner * (2 * axis + 3) }),
  sample: { operation: SPREAD.extreme, outer: 8, axis: 100, inner: 16, scale: 1 },
};
