/** Attention over whole sequences, and one step at a time over a cache. */
import {
  type AttentionShape,
  attentionBackward,
  attentionBackwardBias,
  attentionBias,
  attentionForward,
  attentionParts,
  attentionStepKernel,
  attentionTiledBackwardBias,
  attentionTiledBackwardKeys,
  attentionTiledBackwardQueries,
  attentionTiledForward,
  attentionTiles,
  packedAttention,
} from '@coxswain/kernels';
import { accumulator, op } from '../autograd.js';
import type { Device } from '../device.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor.js';

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
export function causalAttention(qkv: Tensor, options: AttentionOptions): Tensor {
  const { heads, kvHeads = heads, biasTable, bucketOfDistance, lengths, window = 0 } = options;
  const { device } = qkv;
  const [batch, time, three] = qkv.shape;
  const headDim = three / (heads + 2 * kvHeads);
  if (qkv.shape.length !== 3 || !Number.isInteger(headDim))
    throw new ShapeError('causalAttention', `qkv [${qkv.shape}] for ${heads} heads`, '[batch, time, 3·heads·headDim]');
  const shape = packedAttention({
    ...{ batch, time, heads, kvHeads, headDim },
    ...{ biased: biasTable ? 1 : 0, lengths: lengths ? 1 : 0, window: checkedWindow('causalAttention', window, time) },
  });
  const y = device.empty([batch, time, heads * headDim]);
  const given = { q: qkv, k: qkv, v: qkv, biasTable, bucketOfDistance, lengths };
  const backward = launch(device, shape, given, y);
  op('causalAttention', biasTable ? [qkv, biasTable] : [qkv], [y], ([dy]) => {
    const dqkv = device.empty(qkv.shape);
    backward(dy as Tensor, dqkv);
    return [dqkv, null];
  });
  return y;
}

/** What attention reads. */
interface Operands {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly biasTable?: Tensor;
  readonly bucketOfDistance?: Tensor;
  readonly lengths?: Tensor;
  readonly keyLengths?: Tensor;
}

/**
 * Launches attention into y by the adapter's kernels.
 * @returns what launches its gradient: into `dqkv` at the shape's strides, and onto that of the table, where it wants one.
 */
function launch(device: Device, shape: AttentionShape, operands: Operands, y: Tensor): (dy: Tensor, dqkv: Tensor) => void {
  const { batch, queries, heads, distances } = shape;
  const { q, k, v, biasTable, bucketOfDistance = device.dummy, lengths = device.dummy, keyLengths = device.dummy } = operands;
  const buckets = biasTable ? biasTable.shape[0] : 0;
  const bias = biasTable ? device.empty([heads, distances]) : device.dummy;
  if (biasTable) device.dispatch(attentionBias, { heads, distances, buckets }, { biasTable, bucketOfDistance, bias });
  const tiled = attentionTiles(shape, device.traits);
  // The tiled kernels' gradient leaves a number of each query behind its log-sum-exp.
  const lse = device.empty([tiled ? 2 : 1, batch, heads, queries]);
  device.dispatch(tiled ? attentionTiledForward : attentionForward, shape, { q, k, v, bias, lengths, keyLengths, y, lse });
  return (dy, dqkv) => {
    const given = { q, k, v, bias, keyLengths, lse, dy, dqkv };
    const parts = tiled ? attentionParts(shape) : 1;
    const dBias = biasTable ? device.empty([batch, parts, heads, distances]) : device.dummy;
    if (tiled) {
      device.dispatch(attentionTiledBackwardQueries, shape, { ...given, y, dBias });
      device.dispatch(attentionTiledBackwardKeys, shape, given);
    } else device.dispatch(attentionBackward, shape, { ...given, y, dBias });
    if (!biasTable?.requiresGradient) return;
    const kernel = tiled ? attentionTiledBackwardBias : attentionBackwardBias;
    const summed = { dBias, bucketOfDistance, dBiasTable: accumulator(biasTable) };
    device.dispatch(kernel, { batch: batch * parts, heads, distances, buckets }, summed);
  };
}

export interface AttentionStepOptions extends Omit<AttentionOptions, 'lengths'> {
  /** [rows ≥ batch, maxTime, width], written in place. */
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
 * @param qkv [batch, 3·width]
 * @returns [batch, width]
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
