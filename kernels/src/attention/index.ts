import { type AdapterTraits, type Kernel, linearGrid, read, u32, written } from '../declaration.js';
import backwardSource from './backward.wgsl';
import backwardBiasSource from './backward-bias.wgsl';
import forwardSource from './forward.wgsl';
import {
  type AttentionBackwardShape,
  type AttentionBiasShape,
  type AttentionShape,
  headConstants,
  pairs,
  reach,
  sample,
  windowed,
} from './shape.js';
import splitStepSource from './split-step.wgsl';
import stepSource from './step.wgsl';

export { t5Buckets } from './buckets.js';
export type { AttentionBackwardShape, AttentionBiasShape, AttentionShape } from './shape.js';
export * from './tiled.js';

/** `time`: positions the caches hold. `batch` may be smaller than their number of rows. */
export type AttentionStepShape = Pick<AttentionShape, 'batch' | 'time' | 'heads' | 'headDim' | 'buckets' | 'window'> & {
  /** Rows of the caches. */
  readonly rows: number;
  /** 1: `cacheRow` says which row belongs to each sequence; 0: they are in the same order and the slot holds a dummy. */
  readonly indexed: number;
};

/** Steps that one invocation takes together. */
const TILE = 8;
/** One SIMD vector on a software adapter. */
const workgroup = ({ family }: AdapterTraits): number => (family === 'software' ? 8 : 64);

/**
 * `y = softmax(q kᵀ / √headDim + bias[bucketOfDistance[query − key]]) v` over keys up to the query, per head; with a
 * `window` only over those less than so many steps back. qkv `[batch, time, 3·heads·headDim]` (all queries, all keys,
 * all values; each heads × headDim); biasTable `[buckets, heads]`; bucketOfDistance u32 `[≥ time]`; lengths u32
 * `[batch]`: steps from there on are neither attended to nor attend, their y is 0. y `[batch, time, heads·headDim]`; lse
 * `[batch, heads, time]`, the log of each softmax's denominator (1e30 past the length).
 */
export const attentionForward: Kernel<AttentionShape> = {
  name: 'attention/forward',
  source: forwardSource,
  buffers: [
    read('qkv', 'vec4<f32>'),
    read('biasTable'),
    read('bucketOfDistance', 'u32'),
    read('lengths', 'u32'),
    written('y', 'vec4<f32>'),
    written('lse'),
  ],
  uniforms: u32('batch', 'time', 'heads', 'headDim', 'window'),
  constants: (shape, adapter) => ({
    WORKGROUP: workgroup(adapter),
    ...headConstants(shape.headDim),
    BIASED: shape.buckets > 0,
    MASKED: shape.lengths !== 0,
    WINDOWED: windowed(shape),
  }),
  grid: ({ batch, time, heads }, adapter) => linearGrid(Math.ceil((batch * heads) / workgroup(adapter)) * Math.ceil(time / TILE), 1),
  cost: (shape) => ({
    flops: pairs(shape) * (4 * shape.headDim + 6),
    bytes: 4 * shape.batch * shape.time * shape.heads * (4 * shape.headDim + 1),
  }),
  sample,
};

/**
 * Gradients for queries, keys and values: dqkv `[batch, time, 3·heads·headDim]`, overwritten (0 past each length), and
 * dBias `[batch, heads, time]`, overwritten: that of the bias at each distance (without a bias the slot holds a dummy).
 * y and lse as `attentionForward` left them, dy `[batch, time, heads·headDim]`.
 */
export const attentionBackward: Kernel<AttentionBackwardShape> = {
  name: 'attention/backward',
  source: backwardSource,
  buffers: [
    read('qkv', 'vec4<f32>'),
    read('biasTable'),
    read('bucketOfDistance', 'u32'),
    read('y', 'vec4<f32>'),
    read('lse'),
    read('dy', 'vec4<f32>'),
    written('dqkv', 'vec4<f32>'),
    written('dBias'),
  ],
  uniforms: u32('batch', 'time', 'heads', 'headDim', 'window'),
  constants: (shape, adapter) => ({
    WORKGROUP: workgroup(adapter),
    ...headConstants(shape.headDim),
    BIASED: shape.buckets > 0,
    WINDOWED: windowed(shape),
  }),
  grid: ({ batch, heads }, adapter) => linearGrid(batch * heads, workgroup(adapter)),
  cost: (shape) => ({
    flops: pairs(shape) * (10 * shape.headDim + 10),
    bytes: 4 * shape.batch * shape.time * shape.heads * (8 * shape.headDim + 2),
  }),
  sample: { batch: 256, time: 24, heads: 4, headDim: 16, buckets: 32, window: 0 },
};

/** Adds dBias, as `attentionBackward` left it, to the gradient dBiasTable `[buckets, heads]`. */
export const attentionBackwardBias: Kernel<AttentionBiasShape> = {
  name: 'attention/backward-bias',
  source: backwardBiasSource,
  buffers: [read('dBias'), read('bucketOfDistance', 'u32'), written('dBiasTable')],
  uniforms: u32('batch', 'time', 'heads', 'buckets'),
  constants: (_, adapter) => ({ WORKGROUP: workgroup(adapter) }),
  grid: ({ heads, buckets }, adapter) => linearGrid(heads * buckets, workgroup(adapter)),
  cost: ({ batch, time, heads, buckets }) => ({ flops: batch * heads * time, bytes: 4 * (batch * heads * time + 2 * heads * buckets) }),
  sample: { batch: 256, time: 24, heads: 4, buckets: 32 },
};

/**
 * One decoding step of the same attention: writes this step's keys and values at position `step[0]` of the caches and
 * attends over positions 0…step[0], with a `window` over the last so many of them. qkv `[batch, 3·heads·headDim]`;
 * keys, values `[≥ batch, time, heads·headDim]`, written in place; step u32 `[1]` in a buffer, so that a recorded program
 * can be run again at the next step (it must be below `time`; a larger one counts as `time − 1`); cacheRow u32
 * `[batch]`: rows of the caches, so that sequences can end without the caches of the others being moved (where it is no
 * row of them, y is 0 and nothing is written; the others must differ); y `[batch, heads·headDim]`.
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
    written('keys', 'vec4<f32>'),
    written('values', 'vec4<f32>'),
    written('y', 'vec4<f32>'),
  ],
  uniforms: u32('batch', 'time', 'heads', 'rows', 'window'),
  constants: (shape, adapter) => ({
    WORKGROUP: workgroup(adapter),
    ...headConstants(shape.headDim),
    BIASED: shape.buckets > 0,
    INDEXED: shape.indexed === 1,
    WINDOWED: windowed(shape),
  }),
  grid: ({ batch, heads }, adapter) => linearGrid(batch * heads, workgroup(adapter)),
  cost: ({ batch, time, heads, headDim, window }) => ({
    flops: batch * heads * reach({ time, window }) * (4 * headDim + 8),
    bytes: 4 * batch * heads * headDim * (2 * reach({ time, window }) + 6),
  }),
  sample: { batch: 256, time: 24, heads: 4, headDim: 16, buckets: 32, rows: 256, indexed: 1, window: 0 },
};

/** Invocations that share a sequence's positions, as many as have room for a head's values in 16 KiB of workgroup memory. */
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
  family === 'gpu' && headDim <= 128 ? attentionSplitStep : attentionStep;
