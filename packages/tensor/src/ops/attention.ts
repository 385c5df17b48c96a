/** Causal attention over whole sequences, and one step at a time over a cache. */
import {
  attentionBackward,
  attentionBackwardBias,
  attentionForward,
  attentionParts,
  attentionStepKernel,
  attentionTiledBackwardBias,
  attentionTiledBackwardKeys,
  attentionTiledBackwardQueries,
  attentionTiledForward,
  attentionTiles,
} from '@coxswain/kernels';
import { accumulator, op } from '../autograd.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor.js';

export interface AttentionOptions {
  readonly heads: number;
  /** T5 bias [buckets, heads]; none when absent. */
  readonly biasTable?: Tensor;
  /** u32 [≥ time]: bucket of each distance between query and key, as `t5Buckets` makes it. */
  readonly bucketOfDistance?: Tensor;
  /** u32 [batch]: steps of each sequence; all `time` when absent. */
  readonly lengths?: Tensor;
  /** Steps that each attends to, itself included; all so far when absent or 0. */
  readonly window?: number;
}

/** A window as kernels take it: 0, or all of `time`, for the whole past. */
function checkedWindow(operation: string, window: number, time: number): number {
  if (!Number.isInteger(window) || window < 0) throw new ShapeError(operation, `window ${window}`, 'a whole number of at least 0');
  // A longer one sees everything too, and may not fit the uniform.
  return Math.min(window, time);
}

/**
 * softmax(q kᵀ/√headDim + bias) v over the past, or the last `window` steps of it, for each head.
 * @param qkv [batch, time, 3·width]: queries, keys and values side by side, each of `heads` heads.
 * @returns [batch, time, width]
 */
export function causalAttention(qkv: Tensor, { heads, biasTable, bucketOfDistance, lengths, window = 0 }: AttentionOptions): Tensor {
  const { device } = qkv;
  const [batch, time, three] = qkv.shape;
  const width = three / 3;
  const headDim = width / heads;
  if (qkv.shape.length !== 3 || !Number.isInteger(headDim))
    throw new ShapeError('causalAttention', `qkv [${qkv.shape}] for ${heads} heads`, '[batch, time, 3·heads·headDim]');
  const shape = {
    batch,
    time,
    heads,
    headDim,
    buckets: biasTable ? biasTable.shape[0] : 0,
    lengths: lengths ? 1 : 0,
    window: checkedWindow('causalAttention', window, time),
  };
  const optional = {
    biasTable: biasTable ?? device.dummy,
    bucketOfDistance: bucketOfDistance ?? device.dummy,
    lengths: lengths ?? device.dummy,
  };
  const y = device.empty([batch, time, width]);
  const lse = device.empty([batch, heads, time]);
  const tiled = attentionTiles(shape, device.traits);
  device.dispatch(tiled ? attentionTiledForward : attentionForward, shape, { qkv, ...optional, y, lse });
  op('causalAttention', biasTable ? [qkv, biasTable] : [qkv], [y], ([gradient]) => {
    const dy = gradient as Tensor;
    const dqkv = device.empty(qkv.shape);
    const { biasTable: table, bucketOfDistance } = optional;
    const given = { qkv, biasTable: table, bucketOfDistance, lse, dy, dqkv };
    const parts = tiled ? attentionParts(shape) : 1;
    const dBias = biasTable ? device.empty([batch, parts, heads, time]) : device.dummy;
    if (tiled) {
      const mean = device.empty([batch, heads, time]);
      device.dispatch(attentionTiledBackwardQueries, shape, { ...given, y, dBias, mean });
      device.dispatch(attentionTiledBackwardKeys, shape, { ...given, mean });
    } else device.dispatch(attentionBackward, shape, { ...given, y, dBias });
    if (biasTable?.requiresGradient) {
      const summed = { dBias, bucketOfDistance, dBiasTable: accumulator(biasTable) };
      const kernel = tiled ? attentionTiledBackwardBias : attentionBackwardBias;
      device.dispatch(kernel, { ...shape, batch: batch * parts }, summed);
    }
    return [dqkv, null];
  });
  return y;
}

export interface AttentionStepOptions extends Omit<AttentionOptions, 'lengths'> {
  /** [rows ≥ batch, maxTime, width], written in place. */
  readonly keys: Tensor;
  readonly values: Tensor;
  /** u32 [1]: the position of this step. */
  readonly step: Tensor;
  /** u32 [batch]: the cache row of each sequence, where they are not in order; 0xffffffff for a sequence to leave out. */
  readonly cacheRow?: Tensor;
}

/**
 * The same attention for one step: its key and value join the caches, its query attends over all so far, or the last `window`
 * of them, its own included. Not differentiable.
 * @param qkv [batch, 3·width]
 * @returns [batch, width]
 */
export function attentionStep(
  qkv: Tensor,
  { keys, values, step, heads, biasTable, bucketOfDistance, cacheRow, window = 0 }: AttentionStepOptions,
): Tensor {
  const { device } = qkv;
  const [batch, three] = qkv.shape;
  const [rows, time, width] = keys.shape;
  if (three !== 3 * width || batch > rows)
    throw new ShapeError('attentionStep', `qkv [${qkv.shape}] with caches [${keys.shape}]`, '[at most rows, 3·width]');
  const y = device.empty([batch, width]);
  const shape = {
    batch,
    time,
    heads,
    headDim: width / heads,
    buckets: biasTable ? biasTable.shape[0] : 0,
    rows,
    indexed: cacheRow ? 1 : 0,
    window: checkedWindow('attentionStep', window, time),
  };
  const optional = {
    biasTable: biasTable ?? device.dummy,
    bucketOfDistance: bucketOfDistance ?? device.dummy,
    cacheRow: cacheRow ?? device.dummy,
  };
  device.dispatch(attentionStepKernel(shape, device.traits), shape, { qkv, ...optional, step, keys, values, y });
  return y;
}
