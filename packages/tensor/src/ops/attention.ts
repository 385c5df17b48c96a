/** Attention over whole sequences, and one step at a time over a cache. */
import { attentionStepKernel, packedAttention } from '@coxswain/kernels';
import { op } from '../autograd.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { checkedHeads, checkedWindow, launchAttention } from './attention-launch.js';

export interface AttentionOptions {
  readonly heads: number;
  /** Heads of keys and values, a divisor of `heads`: so many neighbouring heads of queries share each. As many as `heads` when absent. */
  readonly kvHeads?: number;
  /** T5 bias [buckets, heads]; none when absent. */
  readonly biasTable?: Tensor;
  /** u32 [≥ time]: bucket of each distance between query and key, as `t5Buckets` makes it. */
  readonly bucketOfDistance?: Tensor;
  /** u32 [batch]: steps of each sequence; all `time` when absent. */
  readonly lengths?: Tensor;
  /** Steps that each attends to, itself included; all so far when absent or 0. */
  readonly window?: number;
}

/**
 * softmax(q kᵀ/√headDim + bias) v over the past, or the last `window` steps of it, for each head.
 * @param qkv [batch, time, 3·width]: queries, keys and values side by side, each of `heads` heads; with `kvHeads` [batch, time,
 * (heads + 2·kvHeads)·headDim].
 * @returns [batch, time, heads·headDim]
 */
export function causalAttention(qkv: Tensor, options: AttentionOptions): Tensor {
  const { heads, kvHeads = heads, biasTable, bucketOfDistance, lengths, window = 0 } = options;
  const { device } = qkv;
  const [batch, time, three] = qkv.shape;
  if (qkv.shape.length !== 3 || three % (heads + 2 * kvHeads) !== 0)
    throw new ShapeError('causalAttention', `qkv [${qkv.shape}] for ${heads} heads`, '[batch, time, 3·heads·headDim]');
  const headDim = three / (heads + 2 * kvHeads);
  checkedHeads('causalAttention', { heads, kvHeads, headDim });
  const shape = packedAttention({
    ...{ batch, time, heads, kvHeads, headDim },
    ...{ biased: biasTable ? 1 : 0, lengths: lengths ? 1 : 0, window: checkedWindow('causalAttention', window, time) },
  });
  const y = device.empty([batch, time, heads * headDim]);
  const given = { q: qkv, k: qkv, v: qkv, biasTable, bucketOfDistance, lengths };
  const backward = launchAttention(device, shape, given, y);
  op('causalAttention', biasTable ? [qkv, biasTable] : [qkv], [y], ([dy]) => {
    const dqkv = device.empty(qkv.shape);
    backward(dy as Tensor, dqkv);
    return [dqkv, null];
  });
  return y;
}

export interface AttentionStepOptions extends Omit<AttentionOptions, 'lengths'> {
  /** [rows ≥ batch, maxTime, kvHeads·headDim], written in place. */
  readonly keys: Tensor;
  readonly values: Tensor;
  /** u32 [1]: the position of this step; or [batch]: of each sequence. */
  readonly step: Tensor;
  /** u32 [batch]: the cache row of each sequence, where they are not in order; 0xffffffff for a sequence to leave out. */
  readonly cacheRow?: Tensor;
  /**
   * u32 [batch, 2]: a row and a number of steps, which each sequence reads from there instead of its own row: forks of a past that
   * they share. Those steps must be over: no sequence may write them in the same step.
   */
  readonly prefix?: Tensor;
}

/**
 * The same attention for one step: its key and value join the caches, its query attends over all so far, or the last `window`
 * of them, its own included. Not differentiable.
 * @param qkv [batch, 3·width], or [batch, (heads + 2·kvHeads)·headDim]
 * @returns [batch, heads·headDim]
 */
export function attentionStep(
  qkv: Tensor,
  { keys, values, step, heads, kvHeads = heads, biasTable, bucketOfDistance, cacheRow, prefix, window = 0 }: AttentionStepOptions,
): Tensor {
  const { device } = qkv;
  const [batch, three] = qkv.shape;
  const [rows, time, width] = keys.shape;
  const headDim = width / kvHeads;
  if (three !== heads * headDim + 2 * width || batch > rows)
    throw new ShapeError('attentionStep', `qkv [${qkv.shape}] with caches [${keys.shape}]`, '[at most rows, 3·width]');
  checkedHeads('attentionStep', { heads, kvHeads, headDim });
  if (step.size !== 1 && step.size !== batch)
    throw new ShapeError('attentionStep', `step [${step.shape}] for ${batch} sequences`, `[1] or [${batch}]`);
  if (prefix && (prefix.dtype !== 'u32' || prefix.size !== 2 * batch))
    throw new ShapeError('attentionStep', `prefix ${prefix.dtype} [${prefix.shape}]`, `u32 [${batch}, 2]`);
  const y = device.empty([batch, heads * headDim]);
  const shape = {
    ...{ batch, time, heads, kvHeads, headDim },
    buckets: biasTable ? biasTable.shape[0] : 0,
    rows,
    indexed: cacheRow ? 1 : 0,
    placed: step.size > 1 ? 1 : 0,
    forked: prefix ? 1 : 0,
    window: checkedWindow('attentionStep', window, time),
  };
  const optional = {
    biasTable: biasTable ?? device.dummy,
    bucketOfDistance: bucketOfDistance ?? device.dummy,
    cacheRow: cacheRow ?? device.dummy,
    prefix: prefix ?? device.dummy,
  };
  device.dispatch(attentionStepKernel(shape, device.traits), shape, { qkv, ...optional, step, keys, values, y });
  return y;
}
