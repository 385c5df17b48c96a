/** Attention over whole sequences, and one step at a time over a cache. */
import { attentionStepKernel, packedAttention } from '@coxswain/kernels';
import { noGradient, op } from '../autograd.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { checkedBuckets, checkedHeads, checkedWindow, launchAttention, requireLengths } from './attention-launch.js';

export interface AttentionOptions {
  readonly heads: number;
  /**
   * Heads of keys and values, a divisor of `heads`: so many neighbouring heads of queries share each. As many as
   * `heads` when absent.
   */
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
 * @param qkv [batch, time, 3·width]: queries, keys and values side by side, each of `heads` heads; with `kvHeads`
 * [batch, time, (heads + 2·kvHeads)·headDim].
 * @returns [batch, time, heads·headDim]
 */
export function causalAttention(qkv: Tensor, options: AttentionOptions): Tensor<'f32'> {
  const { heads, kvHeads = heads, biasTable, bucketOfDistance, lengths, window = 0 } = options;
  const { device } = qkv;
  const [batch, time, three] = qkv.shape;
  if (qkv.shape.length !== 3) throw new ShapeError('causalAttention', `qkv [${qkv.shape}]`, '[batch, time, 3·heads·headDim]');
  const headDim = three / (heads + 2 * kvHeads);
  checkedHeads('causalAttention', { heads, kvHeads, headDim });
  const shape = packedAttention({
    ...{ batch, time, heads, kvHeads, headDim },
    ...{ biased: biasTable ? 1 : 0, lengths: lengths ? 1 : 0, window: checkedWindow('causalAttention', window, time) },
  });
  requireLengths('causalAttention', 'lengths', lengths, batch);
  checkedBuckets('causalAttention', { heads, distances: time }, { biasTable, bucketOfDistance });
  const y = device.empty([batch, time, heads * headDim]);
  const given = { q: qkv, k: qkv, v: qkv, biasTable, bucketOfDistance, lengths };
  const backward = launchAttention(device, shape, given, y);
  op(
    'causalAttention',
    biasTable ? [qkv, biasTable] : [qkv],
    [y],
    ([dy]) => {
      const dqkv = device.empty(qkv.shape);
      backward(dy as Tensor, dqkv);
      return [dqkv, null];
    },
    { saves: [qkv, y] },
  );
  return y;
}

export interface AttentionStepOptions extends Omit<AttentionOptions, 'lengths'> {
  /** [rows ≥ batch, maxTime, kvHeads·headDim], written in place. */
  readonly keys: Tensor;
  readonly values: Tensor;
  /** u32 [1]: the position of this step; or [batch]: of each sequence. */
  readonly step: Tensor;
  /**
   * u32 [batch]: the cache row of each sequence, where they are not in order; 0xffffffff for a sequence to leave out.
   */
  readonly cacheRow?: Tensor;
  /**
   * u32 [batch, 2]: a row and a number of steps, which each sequence reads from there instead of its own row: forks of
   * a past that they share. Those steps must be over: no sequence may write them in the same step.
   */
  readonly prefix?: Tensor;
}

/** @throws ShapeError for caches, steps, rows or a prefix that do not fit the queries. */
function requireStep(qkv: Tensor, { keys, values, step, heads, kvHeads = heads, cacheRow, prefix }: AttentionStepOptions): number {
  const [batch, all] = qkv.shape;
  const [rows, time, width] = keys.shape;
  const expect = (name: string, tensor: Tensor, fits: boolean, expected: string): void => {
    if (!fits) throw new ShapeError('attentionStep', `${name} ${tensor.dtype} [${tensor.shape}]`, expected);
  };
  expect('keys', keys, keys.shape.length === 3 && keys.dtype === 'f32' && time > 0, 'f32 [rows, time, kvHeads·headDim]');
  expect('values', values, `${values.shape}` === `${keys.shape}` && values.dtype === 'f32', `f32 [${keys.shape}], as keys`);
  const headDim = width / kvHeads;
  checkedHeads('attentionStep', { heads, kvHeads, headDim });
  const wide = heads * headDim + 2 * width;
  const fits = qkv.shape.length === 2 && all === wide && (cacheRow || batch <= rows);
  expect('qkv', qkv, Boolean(fits), `[at most ${rows}, ${wide}] for caches [${keys.shape}]`);
  expect('step', step, (step.size === 1 || step.size === batch) && step.dtype === 'u32', `u32 [1] or [${batch}]`);
  if (cacheRow) expect('cacheRow', cacheRow, cacheRow.size === batch && cacheRow.dtype === 'u32', `u32 [${batch}]`);
  if (prefix) expect('prefix', prefix, prefix.size === 2 * batch && prefix.dtype === 'u32', `u32 [${batch}, 2]`);
  return headDim;
}

/**
 * The same attention for one step: its key and value join the caches, its query attends over all so far, or the last
 * `window` of them, its own included. It has no gradient.
 * @param qkv [batch, 3·width], or [batch, (heads + 2·kvHeads)·headDim]
 * @returns [batch, heads·headDim]
 */
export function attentionStep(
  qkv: Tensor,
  { keys, values, step, heads, kvHeads = heads, biasTable, bucketOfDistance, cacheRow, prefix, window = 0 }: AttentionStepOptions,
): Tensor<'f32'> {
  const { device } = qkv;
  const [batch] = qkv.shape;
  const [rows, time] = keys.shape;
  const headDim = requireStep(qkv, { keys, values, step, heads, kvHeads, cacheRow, prefix });
  const y = device.empty([batch, heads * headDim]);
  const shape = {
    ...{ batch, time, heads, kvHeads, headDim },
    buckets: checkedBuckets('attentionStep', { heads, distances: time }, { biasTable, bucketOfDistance }),
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
  noGradient('attentionStep', { qkv, biasTable, keys, values }, [y, keys, values]);
  return y;
}
