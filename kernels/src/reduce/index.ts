import { type Kernel, linearGrid } from '../declaration.js';
import source from './reduce.wgsl';

/** How values are joined. `sumOfSquares` is for a first stage; a second stage over its parts is a `sum`. */
export const REDUCE = { sum: 0, maximum: 1, sumOfSquares: 2 } as const;

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

const SOFTWARE_WORKGROUP = 8;
const GPU_WORKGROUP = 64;

/** Sum, maximum or sum of squares over one axis; see `reduceStages` for how long axes are cut. */
export const reduce: Kernel<ReduceShape> = {
  name: 'reduce',
  source,
  buffers: [
    { name: 'x', access: 'read', element: 'f32' },
    { name: 'out', access: 'read_write', element: 'f32' },
  ],
  uniforms: [
    { name: 'outer', type: 'u32' },
    { name: 'axis', type: 'u32' },
    { name: 'inner', type: 'u32' },
    { name: 'parts', type: 'u32' },
    { name: 'scale', type: 'f32' },
  ],
  constants: (shape, adapter) => ({
    WORKGROUP: workgroup(shape, adapter.family),
    OPERATION: shape.operation,
    ROOT: shape.root === 1,
    ACCUMULATE: shape.accumulate === 1,
  }),
  grid: (shape, adapter) => linearGrid(outputs(shape), workgroup(shape, adapter.family)),
  cost: (shape) => ({
    flops: shape.outer * shape.axis * shape.inner,
    bytes: 4 * (shape.outer * shape.axis * shape.inner + outputs(shape) * (1 + shape.accumulate)),
  }),
  sample: { operation: REDUCE.sum, outer: 1, axis: 3000, inner: 64, parts: 1, scale: 1, root: 0, accumulate: 0 },
};

const outputs = ({ outer, parts, inner }: ReduceShape): number => outer * parts * inner;

/** Few outputs with much work each are spread over the CPU's threads; many outputs make few workgroups. */
function workgroup(shape: ReduceShape, family: 'gpu' | 'software'): number {
  return family === 'software' && outputs(shape) <= 1024 ? SOFTWARE_WORKGROUP : GPU_WORKGROUP;
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
  const parts = Math.max(2, Math.min(Math.floor(PARTIAL_RESULTS / count), Math.ceil(Math.sqrt(whole.axis))));
  const joined = whole.operation === REDUCE.maximum ? REDUCE.maximum : REDUCE.sum;
  return [
    { ...whole, parts, scale: 1, root: 0, accumulate: 0 },
    { ...whole, operation: joined, axis: parts, parts: 1 },
  ];
}
