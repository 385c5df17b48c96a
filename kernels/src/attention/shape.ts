/** What all kernels of attention share: sizes, places in memory, slots, costs. */
import { type Constant, read, u32 } from '../declaration.js';

/**
 * Sizes of attention over whole sequences and where its operands lie. A query at i stands at step i + offset of the
 * keys. Strides and places count vec4s: of one sequence, step and head to the next; gradients lie at the same strides
 * as what they belong to.
 */
export type AttentionShape = {
  /** Sequences. */
  readonly batch: number;
  /** Steps of the queries, and of the keys with their values. */
  readonly queries: number;
  readonly keys: number;
  readonly heads: number;
  /** Heads of keys and values, a divisor of `heads`: so many neighbouring heads of the queries share each. */
  readonly kvHeads: number;
  /** Elements per head, a multiple of 4, at most 256. */
  readonly headDim: number;
  /** 1: a query sees keys up to its own step; 0: it sees all. */
  readonly causal: number;
  /** Steps that a causal query sees, its own included: keys at this distance and beyond are left out. 0: all. */
  readonly window: number;
  readonly offset: number;
  /** 1: `bias` is given; 0: the slot holds a dummy. */
  readonly biased: number;
  /** Distances that `bias` has, and what added to `query − key` gives the place of one. */
  readonly distances: number;
  readonly shift: number;
  /** 1: `lengths` is given; 0: every sequence has as many queries and the slot holds a dummy. */
  readonly lengths: number;
  /** 1: `keyLengths` is given; likewise. */
  readonly keyLengths: number;
  readonly qBatch: number;
  readonly qTime: number;
  readonly qHead: number;
  readonly kBatch: number;
  readonly kTime: number;
  readonly kHead: number;
  readonly vBatch: number;
  readonly vTime: number;
  readonly vHead: number;
  /** Of y and its gradient. */
  readonly yBatch: number;
  readonly yTime: number;
  readonly yHead: number;
  /** Where keys and values begin in the buffers of theirs, and their gradients in that of all three. */
  readonly kAt: number;
  readonly vAt: number;
  readonly dkAt: number;
  readonly dvAt: number;
};

/** The gradient of the bias: `batch` counts parts of sequences too. */
export type AttentionBiasShape = {
  readonly batch: number;
  readonly heads: number;
  readonly distances: number;
  readonly buckets: number;
};

export const uniforms = [
  ...u32('batch', 'queries', 'keys', 'heads', 'kvHeads', 'headDim', 'window', 'offset', 'distances', 'shift'),
  ...u32('qBatch', 'qTime', 'qHead', 'kBatch', 'kTime', 'kHead', 'vBatch', 'vTime', 'vHead', 'yBatch', 'yTime', 'yHead'),
  ...u32('kAt', 'vAt', 'dkAt', 'dvAt'),
];

/** What every kernel reads first. */
export const operands = [read('q', 'vec4<f32>'), read('k', 'vec4<f32>'), read('v', 'vec4<f32>'), read('bias')];

/** Widest head that there are kernels for. */
export const WIDEST_HEAD = 256;

export function headConstants(headDim: number) {
  if (headDim % 4 !== 0 || headDim <= 0 || headDim > WIDEST_HEAD)
    throw new RangeError(`attention: the head dimension must be a multiple of 4 up to ${WIDEST_HEAD}, got ${headDim}`);
  return { VECTORS: headDim / 4, SCALE: { f32: Math.fround(1 / Math.sqrt(headDim)) } };
}

/** Constants of the prelude that say what a query sees, and those of its head. */
export function maskConstants(shape: AttentionShape): Record<string, Constant> {
  const { causal, biased, lengths, keyLengths, queries, keys, offset } = shape;
  return {
    ...headConstants(shape.headDim),
    GROUPED: shape.kvHeads < shape.heads,
    CAUSAL: causal === 1,
    WINDOWED: windowed(shape),
    BIASED: biased === 1,
    MASKED: lengths === 1,
    PACKED: shape.kAt > 0,
    KEYS_MASKED: keyLengths === 1,
    // Whether a query could see keys that there are not, were it not for the end of the keys.
    BOUNDED: keyLengths === 1 || causal === 0 || queries + offset > keys,
  };
}

type Kind = Pick<AttentionShape, 'batch' | 'heads' | 'headDim'> &
  Partial<Pick<AttentionShape, 'kvHeads' | 'window' | 'biased' | 'lengths'>>;
type Apart = Kind & Pick<AttentionShape, 'queries' | 'keys'> & Partial<Pick<AttentionShape, 'causal' | 'offset' | 'keyLengths'>>;

/** Sizes of `causal` (by default) attention without places. */
function sizesOf(given: Apart) {
  const { heads, kvHeads = heads, causal = 1, offset = 0, queries, keys, headDim } = given;
  if (!(kvHeads > 0 && heads % kvHeads === 0)) throw new RangeError(`attention: kvHeads must divide ${heads} heads, got ${kvHeads}`);
  headConstants(headDim);
  const before = causal ? 0 : Math.max(0, keys - 1);
  return {
    ...{ batch: given.batch, queries, keys, heads, kvHeads, headDim, causal, offset },
    ...{ window: given.window ?? 0, biased: given.biased ?? 0, lengths: given.lengths ?? 0, keyLengths: given.keyLengths ?? 0 },
    shift: offset + before,
    distances: queries + offset + before,
  };
}

/** Causal attention in one buffer: each step has the queries of all heads, then all keys, then all values. */
export function packedAttention(given: Kind & { readonly time: number }): AttentionShape {
  const sizes = sizesOf({ ...given, queries: given.time, keys: given.time });
  const { queries: time, heads, kvHeads, headDim } = sizes;
  const head = headDim / 4;
  const step = (heads + 2 * kvHeads) * head;
  const [k, v] = [heads * head, (heads + kvHeads) * head];
  return {
    ...sizes,
    ...{ qBatch: time * step, qTime: step, qHead: head, kBatch: time * step, kTime: step, kHead: head },
    ...{ vBatch: time * step, vTime: step, vHead: head, yBatch: time * heads * head, yTime: heads * head, yHead: head },
    ...{ kAt: k, vAt: v, dkAt: k, dvAt: v },
  };
}

/** Vec4s to which gradients in one buffer are aligned, so that each can be bound by itself. */
const ALIGNED = 16;

/**
 * Attention over queries, keys and values apart: `[batch, time, heads, headDim]`, or with `headsFirst` `[batch, heads,
 * time, headDim]`.
 */
export function separateAttention(given: Apart & { readonly headsFirst?: boolean }): AttentionShape {
  const sizes = sizesOf(given);
  const { batch, queries, keys, heads, kvHeads, headDim } = sizes;
  const head = headDim / 4;
  const strides = (time: number, count: number) =>
    given.headsFirst ? [count * time * head, head, time * head] : [time * count * head, count * head, head];
  const [qBatch, qTime, qHead] = strides(queries, heads);
  const [kBatch, kTime, kHead] = strides(keys, kvHeads);
  const aligned = (vectors: number): number => Math.ceil(vectors / ALIGNED) * ALIGNED;
  const dkAt = aligned(batch * qBatch);
  return {
    ...sizes,
    ...{ qBatch, qTime, qHead, kBatch, kTime, kHead, vBatch: kBatch, vTime: kTime, vHead: kHead },
    ...{ yBatch: qBatch, yTime: qTime, yHead: qHead, kAt: 0, vAt: 0, dkAt, dvAt: dkAt + aligned(batch * kBatch) },
  };
}

export const sample = packedAttention({ batch: 256, time: 24, heads: 4, headDim: 16, biased: 1, lengths: 1 });

type Seen = Pick<AttentionShape, 'queries' | 'offset' | 'window' | 'causal'>;

/** Whether there are keys beyond the window. Where there are none, kernels are compiled as if there were no windows. */
export const windowed = ({ queries, offset, window, causal }: Seen): boolean => causal === 1 && window > 0 && window < queries + offset;

/** Pairs of a query and a key that it may attend to, when all lengths are whole. */
export function pairs(shape: AttentionShape): number {
  const { batch, heads, queries, keys, offset, causal, window } = shape;
  if (!causal) return batch * heads * queries * keys;
  // Keys up to the step of each of the first n.
  const upTo = (n: number): number => {
    const few = Math.min(Math.max(n, 0), keys);
    return (few * (few + 1)) / 2 + Math.max(0, n - keys) * keys;
  };
  const between = (from: number): number => upTo(from + queries) - upTo(from);
  return batch * heads * (between(offset) - (windowed(shape) ? between(offset - window) : 0));
}

/** Elements of the queries, or of y; of the keys, or of the values. */
export const queryElements = ({ batch, queries, heads, headDim }: AttentionShape): number => batch * queries * heads * headDim;
export const keyElements = ({ batch, keys, kvHeads, headDim }: AttentionShape): number => batch * keys * kvHeads * headDim;

/** Numbers up to the last of `rows` rows of heads at these strides. */
const extent = (at: number, strides: readonly number[], counts: readonly number[], headDim: number): number =>
  counts.includes(0) ? 0 : 4 * strides.reduce((sum, stride, i) => sum + stride * (counts[i] - 1), at) + headDim;

/** Numbers that each operand and result has to hold. */
export function attentionLengths(shape: AttentionShape) {
  const { batch, queries, keys, heads, kvHeads, headDim } = shape;
  const [ofQueries, ofKeys] = [
    [batch, queries, heads],
    [batch, keys, kvHeads],
  ];
  const [q, k, v, y] = [
    [shape.qBatch, shape.qTime, shape.qHead],
    [shape.kBatch, shape.kTime, shape.kHead],
    [shape.vBatch, shape.vTime, shape.vHead],
    [shape.yBatch, shape.yTime, shape.yHead],
  ];
  const outputs = extent(0, y, ofQueries, headDim);
  return {
    q: extent(0, q, ofQueries, headDim),
    k: extent(shape.kAt, k, ofKeys, headDim),
    v: extent(shape.vAt, v, ofKeys, headDim),
    y: outputs,
    dy: outputs,
    gradients: Math.max(extent(0, q, ofQueries, headDim), extent(shape.dkAt, k, ofKeys, headDim), extent(shape.dvAt, v, ofKeys, headDim)),
    bias: shape.biased * heads * shape.distances,
    lengths: shape.lengths * batch,
    keyLengths: shape.keyLengths * batch,
    perQuery: batch * heads * queries,
  };
}

/** Costs and sizes of what both versions have. */
export function forwardCost(shape: AttentionShape) {
  const { batch, heads, queries, headDim } = shape;
  return {
    flops: pairs(shape) * (4 * headDim + 6),
    bytes: 4 * (2 * queryElements(shape) + 2 * keyElements(shape) + batch * heads * queries),
  };
}

export function biasLengths({ batch, distances, heads, buckets }: AttentionBiasShape) {
  return { dBias: batch * heads * distances, bucketOfDistance: distances, dBiasTable: buckets * heads };
}

export function biasCost({ batch, distances, heads, buckets }: AttentionBiasShape) {
  return { flops: batch * heads * distances, bytes: 4 * (batch * heads * distances + 2 * heads * buckets) };
}
