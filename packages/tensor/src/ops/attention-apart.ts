/** Attention with queries, keys and values apart. */
import { separateAttention } from '@coxswain/kernels';
import { op } from '../autograd.js';
import { ShapeError } from '../errors.js';
import { Tensor } from '../tensor.js';
import { checkedBuckets, checkedHeads, checkedWindow, launchAttention, requireLengths } from './attention-launch.js';

const NAME = 'attention';

export interface SeparateAttentionOptions {
  /** Heads of the queries; read off q where it has four axes. */
  readonly heads?: number;
  /**
   * Heads of keys and values, a divisor of `heads`: so many neighbouring heads of queries share each. As many as
   * `heads` when absent.
   */
  readonly kvHeads?: number;
  /**
   * `bidirectional` (the default): a query sees all keys; `causal`: those up to its own step, which is `offset` + its
   * place.
   */
  readonly mask?: 'bidirectional' | 'causal';
  /** Steps of the keys that come before the first query, in causal attention behind a cache. 0 when absent. */
  readonly offset?: number;
  /** Steps that a causal query sees, itself included; all so far when absent or 0. */
  readonly window?: number;
  /** T5 bias [buckets, heads]; none when absent. */
  readonly biasTable?: Tensor;
  /**
   * u32: bucket of each distance `query − key`. Causal: [≥ queries + offset], from 0, as `t5Buckets` makes it.
   * Bidirectional: [queries + keys − 1], from −(keys − 1), as `t5SignedBuckets` makes it.
   */
  readonly bucketOfDistance?: Tensor;
  /** u32 [batch]: queries of each sequence; the y of later ones is 0. */
  readonly lengths?: Tensor;
  /** u32 [batch]: keys of each sequence; later ones are not seen. */
  readonly keyLengths?: Tensor;
  /** Heads come before time: [batch, heads, time, headDim]. */
  readonly headsFirst?: boolean;
}

/** Batch, steps, heads and their elements of an operand. */
function sizesOf(x: Tensor, what: string, headsFirst: boolean, heads?: number) {
  const { shape } = x;
  const expected = headsFirst ? '[batch, heads, time, headDim]' : '[batch, time, heads, headDim] or [batch, time, heads·headDim]';
  if (x.dtype !== 'f32') throw new ShapeError(NAME, `${what} of ${x.dtype}`, 'f32');
  if (shape.length === 4 && (heads === undefined || heads === shape[headsFirst ? 1 : 2]))
    return { batch: shape[0], time: shape[headsFirst ? 2 : 1], heads: shape[headsFirst ? 1 : 2], headDim: shape[3] };
  if (shape.length === 3 && !headsFirst && heads !== undefined && Number.isInteger(shape[2] / heads))
    return { batch: shape[0], time: shape[1], heads, headDim: shape[2] / heads };
  throw new ShapeError(NAME, `${what} [${shape}]${heads === undefined ? '' : ` for ${heads} heads`}`, expected);
}

/**
 * softmax(q kᵀ/√headDim + bias) v for each head. A query that sees no key has a y of 0. What is not seen may hold NaN:
 * it is skipped, where PyTorch's dense product would spread it; NaN and infinity that are seen give what they give
 * there.
 * @param q [batch, queries, heads, headDim] or [batch, queries, heads·headDim]. @param k, v [batch, keys, kvHeads,
 * headDim] or the like.
 * @returns of q's shape.
 * @throws ShapeError for operands that do not fit each other, or heads that are no multiple of 4 up to 256.
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: SeparateAttentionOptions = {}): Tensor<'f32'> {
  const { device } = q;
  const { mask = 'bidirectional', offset = 0, window = 0, headsFirst = false, biasTable } = options;
  const { batch, time: queries, heads, headDim } = sizesOf(q, 'q', headsFirst, options.heads);
  const ofKeys = sizesOf(k, 'k', headsFirst, options.kvHeads ?? (k.shape.length === 4 ? undefined : heads));
  const { time: keys, heads: kvHeads } = ofKeys;
  if (ofKeys.batch !== batch || ofKeys.headDim !== headDim || `${k.shape}` !== `${v.shape}`)
    throw new ShapeError(NAME, `q [${q.shape}], k [${k.shape}], v [${v.shape}]`, 'one batch and headDim, and v of the shape of k');
  checkedHeads(NAME, { heads, kvHeads, headDim });
  if (!Number.isInteger(offset) || offset < 0) throw new ShapeError(NAME, `offset ${offset}`, 'a whole number of at least 0');
  if (mask !== 'causal' && (offset || window))
    throw new ShapeError(NAME, `${offset ? 'offset' : 'window'} without a causal mask`, "mask: 'causal'");
  const shape = separateAttention({
    ...{ batch, queries, keys, heads, kvHeads, headDim, offset, headsFirst },
    ...{ causal: mask === 'causal' ? 1 : 0, window: checkedWindow(NAME, window, queries + offset), biased: biasTable ? 1 : 0 },
    ...{ lengths: options.lengths ? 1 : 0, keyLengths: options.keyLengths ? 1 : 0 },
  });
  requireLengths(NAME, 'lengths', options.lengths, batch);
  requireLengths(NAME, 'keyLengths', options.keyLengths, batch);
  checkedBuckets(NAME, shape, options);
  const y = device.empty(q.shape);
  const { bucketOfDistance, lengths, keyLengths } = options;
  const backward = launchAttention(device, shape, { q, k, v, biasTable, bucketOfDistance, lengths, keyLengths }, y);
  op(NAME, biasTable ? [q, k, v, biasTable] : [q, k, v], [y], ([dy]) => {
    // All three in one buffer, each where a view may begin.
    const all = device.empty([4 * shape.dvAt + v.size]);
    backward(dy as Tensor, all);
    const view = (like: Tensor, vector: number) => new Tensor(device, like.shape, 'f32', all.storage, all.byteOffset + 16 * vector);
    return [view(q, 0), view(k, shape.dkAt), view(v, shape.dvAt), null];
  });
  return y;
}
