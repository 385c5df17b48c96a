/**
 * Attention over whole sequences: the same function in two versions, each forward and backward, and its step over a
 * cache.
 */
import { type AdapterTraits, type Kernel, linearGrid, read, stridedGrid, stridedWorkgroup, u32, written } from '../declaration.js';
import backwardSource from './backward.wgsl';
import backwardBiasSource from './backward-bias.wgsl';
import biasSource from './bias.wgsl';
import forwardSource from './forward.wgsl';
import {
  type AttentionBiasShape,
  type AttentionShape,
  attentionLengths,
  biasCost,
  biasLengths,
  forwardCost,
  keyElements,
  maskConstants,
  operands,
  packedAttention,
  pairs,
  queryElements,
  sample,
  uniforms,
  windowed,
} from './shape.js';

export { t5Buckets, t5SignedBuckets } from './buckets.js';
export { type AttentionBiasShape, type AttentionShape, packedAttention, separateAttention, WIDEST_HEAD } from './shape.js';
export * from './step.js';
export * from './tiled.js';

/** Steps that one invocation takes together. */
const TILE = 8;
/** One SIMD vector on a software adapter. */
const workgroup = ({ family }: AdapterTraits): number => (family === 'software' ? 8 : 64);

/**
 * The bias of every head at every distance, `[heads, distances]`, from biasTable `[buckets, heads]` and u32 `[≥
 * distances]`.
 */
export const attentionBias: Kernel<Omit<AttentionBiasShape, 'batch'>> = {
  name: 'attention/bias',
  source: biasSource,
  buffers: [read('biasTable'), read('bucketOfDistance', 'u32'), written('bias')],
  uniforms: u32('heads', 'distances'),
  lengths: ({ heads, distances, buckets }) => ({ biasTable: heads * buckets, bucketOfDistance: distances, bias: heads * distances }),
  constants: (_, adapter) => ({ WORKGROUP: stridedWorkgroup(adapter) }),
  grid: ({ heads, distances }, adapter) => stridedGrid(heads * distances, adapter),
  cost: ({ heads, distances, buckets }) => ({ flops: 0, bytes: 4 * (heads * buckets + distances + heads * distances) }),
  sample: { heads: 4, distances: 24, buckets: 32 },
};

/**
 * `y = softmax(q kᵀ / √headDim + bias[head, query − key + shift]) v` per head over the keys that a query sees. q, k, v
 * and y lie as `AttentionShape` says, and may lie in one buffer; bias `[heads, distances]`; lengths u32 `[batch]`:
 * queries from there on do not attend, their y is 0; keyLengths u32 `[batch]`: keys from there on are not attended to.
 * A query that sees no key has a y of 0. What is not seen may hold NaN, which PyTorch's dense softmax would spread
 * (0·NaN); what is seen gives NaN and infinity as there. lse `[batch, heads, queries]`: the log of each softmax's
 * denominator (3.4028234e38 for a query that does not attend).
 */
export const attentionForward: Kernel<AttentionShape> = {
  name: 'attention/forward',
  source: forwardSource,
  buffers: [...operands, read('lengths', 'u32'), read('keyLengths', 'u32'), written('y', 'vec4<f32>'), written('lse')],
  uniforms,
  lengths(shape) {
    const { q, k, v, y, bias, lengths, keyLengths, perQuery } = attentionLengths(shape);
    return { q, k, v, y, bias, lengths, keyLengths, lse: perQuery };
  },
  constants: (shape, adapter) => ({ WORKGROUP: workgroup(adapter), ...maskConstants(shape) }),
  grid: ({ batch, queries, heads }, adapter) => linearGrid(Math.ceil((batch * heads) / workgroup(adapter)) * Math.ceil(queries / TILE), 1),
  cost: forwardCost,
  sample,
};

/**
 * Gradients for queries, keys and values, all in dqkv at the strides of each (0 for queries that do not attend and keys
 * that nobody sees), and dBias `[batch, heads, distances]`, that of the bias at each distance (without a bias the slot
 * holds a dummy); both overwritten. y and lse as `attentionForward` left them, dy as y.
 */
export const attentionBackward: Kernel<AttentionShape> = {
  name: 'attention/backward',
  source: backwardSource,
  buffers: [
    ...operands,
    read('keyLengths', 'u32'),
    read('y', 'vec4<f32>'),
    read('lse'),
    read('dy', 'vec4<f32>'),
    written('dqkv', 'vec4<f32>'),
    written('dBias'),
  ],
  uniforms,
  lengths(shape) {
    const { q, k, v, y, dy, gradients: dqkv, bias, keyLengths, perQuery: lse } = attentionLengths(shape);
    return { q, k, v, bias, keyLengths, y, lse, dy, dqkv, dBias: shape.batch * bias };
  },
  constants: (shape, adapter) => ({
    WORKGROUP: workgroup(adapter),
    ...maskConstants(shape),
    LEAVES: shape.causal === 1 && !windowed(shape) && shape.offset === 0 && shape.kvHeads === shape.heads && shape.queries <= shape.keys,
  }),
  grid: ({ batch, kvHeads }, adapter) => linearGrid(batch * kvHeads, workgroup(adapter)),
  cost(shape) {
    const { batch, heads, queries, headDim } = shape;
    return {
      flops: pairs(shape) * (10 * headDim + 10),
      bytes: 4 * (4 * queryElements(shape) + 4 * keyElements(shape) + 2 * batch * heads * queries),
    };
  },
  sample: packedAttention({ batch: 256, time: 24, heads: 4, headDim: 16, biased: 1 }),
};

/** Adds dBias, as `attentionBackward` left it, to the gradient dBiasTable `[buckets, heads]`. */
export const attentionBackwardBias: Kernel<AttentionBiasShape> = {
  name: 'attention/backward-bias',
  source: backwardBiasSource,
  buffers: [read('dBias'), read('bucketOfDistance', 'u32'), written('dBiasTable')],
  uniforms: u32('batch', 'distances', 'heads', 'buckets'),
  lengths: biasLengths,
  constants: (_, adapter) => ({ WORKGROUP: workgroup(adapter) }),
  grid: ({ heads, buckets }, adapter) => linearGrid(heads * buckets, workgroup(adapter)),
  cost: biasCost,
  sample: { batch: 256, distances: 24, heads: 4, buckets: 32 },
};
