/** Attention one step at a time over a cache. */
import { type AdapterTraits, type Kernel, linearGrid, read, u32, written } from '../declaration.js';
import { headConstants } from './shape.js';
import splitStepSource from './split-step.wgsl';
import stepSource from './step.wgsl';

export type AttentionStepShape = {
  /** Sequences; may be fewer than the caches have rows. */
  readonly batch: number;
  /** Positions that the caches hold. */
  readonly time: number;
  readonly heads: number;
  /** Heads of keys and values, a divisor of `heads`. */
  readonly kvHeads: number;
  /** Elements per head, a multiple of 4, at most 256. */
  readonly headDim: number;
  /** Rows of the bias table; 0: no bias, its slots and `bucketOfDistance` hold dummies. */
  readonly buckets: number;
  /** Rows of the caches. */
  readonly rows: number;
  /**
   * 1: `cacheRow` says which row belongs to each sequence; 0: they are in the same order and the slot holds a dummy.
   */
  readonly indexed: number;
  /** 1: `step` has a position for each sequence; 0: it has one for all. */
  readonly placed: number;
  /** 1: `prefix` is given; 0: the slot holds a dummy. */
  readonly forked: number;
  /** Steps that are seen, this one included; 0: all. */
  readonly window: number;
};

/** One SIMD vector on a software adapter. */
const workgroup = ({ family }: AdapterTraits): number => (family === 'software' ? 8 : 64);
type Seen = Pick<AttentionStepShape, 'time' | 'window'>;
const windowed = ({ time, window }: Seen): boolean => window > 0 && window < time;
const reach = (shape: Seen): number => (windowed(shape) ? shape.window : shape.time);

/**
 * One decoding step of causal attention: writes this step's keys and values at position `step` of the caches and
 * attends over positions 0…step, with a `window` over the last so many of them. qkv `[batch, (heads +
 * 2·kvHeads)·headDim]`; keys, values `[≥ batch, time, kvHeads·headDim]`, written in place; step u32 `[1]`, or `[batch]`
 * where `placed`, in a buffer, so that a recorded program can be run again at the next step (it must be below `time`; a
 * larger one counts as `time − 1`); biasTable `[buckets, heads]`, bucketOfDistance u32 `[time]`; cacheRow u32
 * `[batch]`: rows of the caches, so that sequences can end without the caches of the others being moved (where it is no
 * row of them, y is 0 and nothing is written; the others must differ); prefix u32 `[batch, 2]`: a row and a number of
 * steps that are read from there instead of the sequence's own, so that many can go on from what one has done (those
 * steps must be over: nobody may write them in the same launch). y `[batch, heads·headDim]`.
 */
export const attentionStep: Kernel<AttentionStepShape> = {
  name: 'attention/step',
  source: stepSource,
  buffers: [
    read('qkv', 'vec4<f32>'),
    read('biasTable'),
    read('bucketOfDistance', 'u32'),
    read('step', 'u32'),
    read('cacheRow', 'u32'),
    read('prefix', 'u32'),
    written('keys', 'vec4<f32>'),
    written('values', 'vec4<f32>'),
    written('y', 'vec4<f32>'),
  ],
  uniforms: u32('batch', 'time', 'heads', 'kvHeads', 'rows', 'window'),
  lengths({ batch, time, heads, kvHeads, headDim, buckets, rows, indexed, placed, forked }) {
    const caches = rows * time * kvHeads * headDim;
    return {
      ...{ qkv: batch * (heads + 2 * kvHeads) * headDim, biasTable: buckets * heads, bucketOfDistance: buckets > 0 ? time : 0 },
      ...{ step: placed ? batch : 1, cacheRow: indexed * batch, prefix: 2 * forked * batch },
      ...{ keys: caches, values: caches, y: batch * heads * headDim },
    };
  },
  constants: (shape, adapter) => ({
    WORKGROUP: workgroup(adapter),
    ...headConstants(shape.headDim),
    GROUPED: shape.kvHeads < shape.heads,
    BIASED: shape.buckets > 0,
    INDEXED: shape.indexed === 1,
    PLACED: shape.placed === 1,
    FORKED: shape.forked === 1,
    WINDOWED: windowed(shape),
  }),
  grid: ({ batch, heads }, adapter) => linearGrid(batch * heads, workgroup(adapter)),
  cost: ({ batch, time, heads, kvHeads, headDim, window }) => ({
    flops: batch * heads * reach({ time, window }) * (4 * headDim + 8),
    bytes: 4 * batch * headDim * (2 * heads + kvHeads * (2 * reach({ time, window }) + 4)),
  }),
  sample: {
    ...{ batch: 256, time: 24, heads: 4, kvHeads: 4, headDim: 16, buckets: 32, rows: 256 },
    ...{ indexed: 1, placed: 0, forked: 0, window: 0 },
  },
};

/** Widest head whose partial sums fit 16 KiB of workgroup memory. */
const WIDEST_SPLIT = 128;
/**
 * Invocations that share a sequence's positions, as many as have room for a head's values in 16 KiB of workgroup
 * memory.
 */
const sharers = (headDim: number): number => (headDim <= 64 ? 32 : 16);

/** `attentionStep` for GPUs, a workgroup for each sequence and head; heads to a width of 128. */
export const attentionSplitStep: Kernel<AttentionStepShape> = {
  ...attentionStep,
  name: 'attention/split-step',
  source: splitStepSource,
  constants: (shape, adapter) => ({ ...attentionStep.constants(shape, adapter), WORKGROUP: sharers(shape.headDim) }),
  grid: ({ batch, heads }) => linearGrid(batch * heads, 1),
};

/** The kernel for one step on this adapter. Both have the same buffers and the same results to rounding. */
export const attentionStepKernel = ({ headDim }: AttentionStepShape, { family }: AdapterTraits): Kernel<AttentionStepShape> =>
  family === 'gpu' && headDim <= WIDEST_SPLIT ? attentionSplitStep : attentionStep;
