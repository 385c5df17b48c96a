import { type AdapterTraits, type BufferSlot, type Kernel, linearGrid, type UniformField } from '../declaration.js';
import backwardSource from './backward.wgsl';
import backwardBiasSource from './backward-bias.wgsl';
import backwardRowsSource from './backward-rows.wgsl';
import forwardSource from './forward.wgsl';
import stepSource from './step.wgsl';

export { t5Buckets } from './buckets.js';

/** Sizes of causal attention over whole sequences. */
export type AttentionShape = {
  /** Sequences. */
  readonly batch: number;
  /** Steps of each. */
  readonly time: number;
  readonly heads: number;
  /** Elements per head, a multiple of 4. */
  readonly headDim: number;
  /** Rows of the bias table; 0: no bias, its slots and `bucketOfDistance` hold dummies. */
  readonly buckets: number;
  /** 1: `lengths` is given; 0: every sequence is `time` long and the slot holds a dummy. */
  readonly lengths: number;
};
export type AttentionBackwardShape = AttentionShape & {
  /** Planes of the bias gradient that are summed apart: `attentionParts(batch)`. */
  readonly parts: number;
};
export type AttentionRowsShape = Pick<AttentionShape, 'batch' | 'time' | 'heads' | 'headDim'>;
export type AttentionBiasShape = Pick<AttentionBackwardShape, 'time' | 'heads' | 'buckets' | 'parts'>;
/** `time`: positions the caches hold. `batch` may be smaller than their number of rows. */
export type AttentionStepShape = Pick<AttentionShape, 'batch' | 'time' | 'heads' | 'headDim' | 'buckets'> & {
  /** Rows of the caches. */
  readonly rows: number;
  /** 1: `cacheRow` says which row belongs to each sequence; 0: they are in the same order and the slot holds a dummy. */
  readonly indexed: number;
};

/**
 * How many workgroups share the sequences of a batch in the backward pass, each with its own plane of bias gradients:
 * enough to occupy the adapter, few enough that adding the planes up costs nothing.
 */
export const attentionParts = (batch: number): number => Math.min(batch, 32);

/** Steps per workgroup: one SIMD vector on a software adapter. */
const steps = ({ family }: AdapterTraits): number => (family === 'software' ? 8 : 32);
const flat = ({ family }: AdapterTraits): number => (family === 'software' ? 8 : 64);

function headConstants(headDim: number) {
  if (headDim % 4 !== 0 || headDim <= 0) throw new RangeError(`attention: the head dimension must be a multiple of 4, got ${headDim}`);
  return { VECTORS: headDim / 4, SCALE: { f32: Math.fround(1 / Math.sqrt(headDim)) } };
}

const read = (name: string, element: BufferSlot['element'] = 'f32'): BufferSlot => ({ name, access: 'read', element });
const write = (name: string, element: BufferSlot['element'] = 'f32'): BufferSlot => ({ name, access: 'read_write', element });
const u32 = (...names: string[]): UniformField[] => names.map((name) => ({ name, type: 'u32' }));
const sample = { batch: 256, time: 24, heads: 4, headDim: 16, buckets: 32, lengths: 1 };

/** Pairs of a query and a key that it may attend to. */
const pairs = ({ batch, time, heads }: Pick<AttentionShape, 'batch' | 'time' | 'heads'>): number => (batch * heads * time * (time + 1)) / 2;

/**
 * `y = softmax(q kᵀ / √headDim + bias[bucketOfDistance[query − key]]) v` over keys up to the query, per head.
 * qkv `[batch, time, 3·heads·headDim]` (all queries, all keys, all values; each heads × headDim); biasTable
 * `[buckets, heads]`; bucketOfDistance u32 `[≥ time]`; lengths u32 `[batch]`: steps from there on are neither attended
 * to nor attend, their y is 0. y `[batch, time, heads·headDim]`; lse `[batch, heads, time]`, the log of each softmax's
 * denominator (0 past the length).
 */
export const attentionForward: Kernel<AttentionShape> = {
  name: 'attention/forward',
  source: forwardSource,
  buffers: [
    read('qkv', 'vec4<f32>'),
    read('biasTable'),
    read('bucketOfDistance', 'u32'),
    read('lengths', 'u32'),
    write('y', 'vec4<f32>'),
    write('lse'),
  ],
  uniforms: u32('batch', 'time', 'heads'),
  constants: ({ headDim, buckets, lengths }, adapter) => ({
    WORKGROUP: steps(adapter),
    ...headConstants(headDim),
    BIASED: buckets > 0,
    MASKED: lengths !== 0,
  }),
  grid: ({ batch, time, heads }, adapter) => linearGrid(batch * heads * Math.ceil(time / steps(adapter)), 1),
  cost: (shape) => ({
    flops: pairs(shape) * (4 * shape.headDim + 6),
    bytes: 4 * shape.batch * shape.time * shape.heads * (4 * shape.headDim + 1),
  }),
  sample,
};

/**
 * First of the backward passes: from y, dy `[batch, time, heads·headDim]` and lse, rowStats `[batch, heads, time, 2]`:
 * each query's log-sum-exp and Σ y·dy.
 */
export const attentionBackwardRows: Kernel<AttentionRowsShape> = {
  name: 'attention/backward-rows',
  source: backwardRowsSource,
  buffers: [read('y', 'vec4<f32>'), read('dy', 'vec4<f32>'), read('lse'), write('rowStats', 'vec2<f32>')],
  uniforms: u32('batch', 'time', 'heads'),
  constants: ({ headDim }, adapter) => ({ WORKGROUP: flat(adapter), VECTORS: headConstants(headDim).VECTORS }),
  grid: ({ batch, time, heads }, adapter) => linearGrid(batch * time * heads, flat(adapter)),
  cost: ({ batch, time, heads, headDim }) => ({
    flops: 2 * batch * time * heads * headDim,
    bytes: 4 * batch * time * heads * (2 * headDim + 3),
  }),
  sample: { batch: 256, time: 24, heads: 4, headDim: 16 },
};

/**
 * Second: dqkv `[batch, time, 3·heads·headDim]`, overwritten (0 past each length), and biasParts
 * `[parts, heads, time, buckets]`, overwritten: gradients of the scores, summed per part, query and bucket. Without a
 * bias the latter slot holds a dummy.
 */
export const attentionBackward: Kernel<AttentionBackwardShape> = {
  name: 'attention/backward',
  source: backwardSource,
  buffers: [
    read('qkv', 'vec4<f32>'),
    read('biasTable'),
    read('bucketOfDistance', 'u32'),
    read('lengths', 'u32'),
    read('rowStats', 'vec2<f32>'),
    read('dy', 'vec4<f32>'),
    write('dqkv', 'vec4<f32>'),
    write('biasParts'),
  ],
  uniforms: u32('batch', 'time', 'heads', 'buckets', 'parts'),
  constants: ({ headDim, buckets, lengths }, adapter) => ({
    WORKGROUP: steps(adapter),
    ...headConstants(headDim),
    BIASED: buckets > 0,
    MASKED: lengths !== 0,
  }),
  grid: ({ time, heads, parts }, adapter) => linearGrid(parts * heads * Math.ceil(time / steps(adapter)), 1),
  cost: (shape) => ({
    flops: pairs(shape) * (14 * shape.headDim + 12),
    bytes:
      4 * shape.batch * shape.time * shape.heads * (7 * shape.headDim + 2) + 4 * shape.parts * shape.heads * shape.time * shape.buckets,
  }),
  sample: { ...sample, parts: 32 },
};

/** Third, where there is a bias: adds biasParts to dBiasTable `[buckets, heads]`. */
export const attentionBackwardBias: Kernel<AttentionBiasShape> = {
  name: 'attention/backward-bias',
  source: backwardBiasSource,
  buffers: [read('biasParts'), write('dBiasTable')],
  uniforms: u32('time', 'heads', 'buckets', 'parts'),
  constants: (_, adapter) => ({ WORKGROUP: flat(adapter) }),
  grid: ({ heads, buckets }, adapter) => linearGrid(heads * buckets, flat(adapter)),
  cost: ({ time, heads, buckets, parts }) => ({
    flops: parts * heads * time * buckets,
    bytes: 4 * heads * buckets * (parts * time + 2),
  }),
  sample: { time: 24, heads: 4, buckets: 32, parts: 32 },
};

/**
 * One decoding step of the same attention: writes this step's keys and values at position `step[0]` of the caches and
 * attends over positions 0…step[0]. qkv `[batch, 3·heads·headDim]`; keys, values `[≥ batch, time, heads·headDim]`, written
 * in place; step u32 `[1]` in a buffer, so that a recorded program can be run again at the next step (it must be below
 * `time`; a larger one counts as `time − 1`); cacheRow u32 `[batch]`: rows of the caches, so that sequences can end
 * without the caches of the others being moved (where it is no row of them, y is 0 and nothing is written; the others
 * must differ); y `[batch, heads·headDim]`.
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
    write('keys', 'vec4<f32>'),
    write('values', 'vec4<f32>'),
    write('y', 'vec4<f32>'),
  ],
  uniforms: u32('batch', 'time', 'heads', 'rows'),
  constants: ({ headDim, buckets, indexed }, adapter) => ({
    WORKGROUP: flat(adapter),
    ...headConstants(headDim),
    BIASED: buckets > 0,
    INDEXED: indexed === 1,
  }),
  grid: ({ batch, heads }, adapter) => linearGrid(batch * heads, flat(adapter)),
  cost: ({ batch, time, heads, headDim }) => ({
    flops: batch * heads * time * (4 * headDim + 8),
    bytes: 4 * batch * heads * headDim * (2 * time + 6),
  }),
  sample: { batch: 256, time: 24, heads: 4, headDim: 16, buckets: 32, rows: 256, indexed: 1 },
};
