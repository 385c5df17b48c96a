import {
  type AdapterTraits,
  f32,
  type Kernel,
  linearGrid,
  read,
  stridedGrid,
  stridedWorkgroup,
  u32,
  valueConstants,
  written,
} from '../declaration.js';
import contiguousSource from './contiguous.wgsl';
import source from './reduce.wgsl';

export * from './fold.js';

/** How values are joined. `sumOfSquares` is for a first stage; a second stage over its parts is a `sum`. */
export const REDUCE = { sum: 0, sumOfSquares: 1 } as const;

export type ReduceShape = {
  /** A value of `REDUCE`. */
  readonly operation: number;
  /** x is [outer, axis, inner], out is [outer, parts, inner]. */
  readonly outer: number;
  readonly axis: number;
  readonly inner: number;
  /** Partial results per output, at most `axis`; 1 for the result itself. */
  readonly parts: number;
  /** Multiplies each result: 1 / axis makes a sum a mean. */
  readonly scale: number;
  /** 1: write the square root of the scaled result (a norm). */
  readonly root: number;
  /** 1: add to `out`, as gradients of parameters do; 0: overwrite it. */
  readonly accumulate: number;
};

/** Sum or sum of squares over one axis; see `reduceStages` for how long axes are cut. */
export const reduce: Kernel<ReduceShape> = {
  name: 'reduce',
  source,
  buffers: [read('x', 'f32', 'Value'), written('out', 'f32', 'Value')],
  uniforms: [...u32('outer', 'axis', 'inner', 'parts'), ...f32('scale')],
  constants: (shape, adapter) => ({
    WORKGROUP: stridedWorkgroup(adapter),
    OPERATION: shape.operation,
    ROOT: shape.root === 1,
    ACCUMULATE: shape.accumulate === 1,
    ...valueConstants(takesFours(shape)),
  }),
  lengths: (shape) => ({ x: shape.outer * shape.axis * shape.inner, out: outputs(shape) }),
  grid: (shape, adapter) => {
    const items = outputs(shape) / (takesFours(shape) ? 4 : 1);
    return stridedGrid(items, adapter, Math.max(8, Math.floor((512 * shape.parts) / Math.max(1, shape.axis))));
  },
  cost: (shape) => ({
    flops: shape.outer * shape.axis * shape.inner,
    bytes: 4 * (shape.outer * shape.axis * shape.inner + outputs(shape) * (1 + shape.accumulate)),
  }),
  sample: { operation: REDUCE.sum, outer: 1, axis: 3000, inner: 64, parts: 1, scale: 1, root: 0, accumulate: 0 },
};

const outputs = ({ outer, parts, inner }: ReduceShape): number => outer * parts * inner;

/**
 * Four neighbours at a time, where they are enough to fill the lanes and belong to the same part or, in rows of one, to
 * parts that are equally long (their number and the axis being multiples of 4).
 */
const takesFours = ({ outer, axis, inner, parts }: ReduceShape): boolean =>
  outer * parts * inner >= 32 && (inner % 4 === 0 || (inner === 1 && parts % 4 === 0 && axis % 4 === 0));

/** Invocations of a workgroup of `reduceContiguous`. */
const JOINED = 256;

/**
 * `reduce` along the last axis (inner 1) for GPUs with the feature `subgroups`, whatever their size: a workgroup a
 * part.
 */
export const reduceContiguous: Kernel<ReduceShape> = {
  ...reduce,
  name: 'reduce/contiguous',
  source: contiguousSource,
  buffers: [read('x'), written('out')],
  constants: ({ operation, root, accumulate }) => ({
    WORKGROUP: JOINED,
    OPERATION: operation,
    ROOT: root === 1,
    ACCUMULATE: accumulate === 1,
  }),
  grid: ({ outer, parts }) => linearGrid(outer * parts, 1),
  sample: { ...reduce.sample, axis: 100_000, inner: 1, parts: 49 },
};

/** The kernel for a stage on this adapter. Both have the same buffers and the same results to rounding. */
export function reduceKernel({ axis, inner }: ReduceShape, { family, subgroups }: AdapterTraits): Kernel<ReduceShape> {
  return family === 'gpu' && subgroups && inner === 1 && axis >= JOINED ? reduceContiguous : reduce;
}

/** One launch per stage: the first reads the input, the last writes the result, a buffer of `parts` lies between. */
export type ReduceStages = readonly [ReduceShape] | readonly [ReduceShape, ReduceShape];

/** A second launch has to be worth its cost of some tens of microseconds: this many elements an output at least. */
const SPLIT_FROM = 8192;
const PARTIAL_RESULTS = 2048;

/**
 * The launches that reduce [outer, axis, inner] over `axis`. One stage where the axis is short or outputs are many;
 * else a first stage of `parts` partial results an output, and a second over those. `scale`, `root` and `accumulate`
 * act once, on the result.
 */
export function reduceStages(whole: Omit<ReduceShape, 'parts'>): ReduceStages {
  const count = whole.outer * whole.inner;
  if (whole.axis < SPLIT_FROM || count >= PARTIAL_RESULTS) return [{ ...whole, parts: 1 }];
  const wanted = Math.min(Math.floor(PARTIAL_RESULTS / count), Math.ceil(Math.sqrt(whole.axis)));
  // Alone in their row, parts come in whole SIMD groups of fours.
  const parts = whole.inner === 1 ? 32 * Math.ceil(wanted / 32) : Math.max(2, wanted);
  return [
    { ...whole, parts, scale: 1, root: 0, accumulate: 0 },
    { ...whole, operation: REDUCE.sum, axis: parts, parts: 1 },
  ];
}
