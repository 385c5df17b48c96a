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
import { accumulator, noGradient, op } from '../autograd.js';
import { requireDType } from '../checks.js';
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

/** Buckets of a bias by distance, 0 without one. @throws ShapeError for tables that do not fit the heads and the time. */
function checkedBuckets(
  operation: string,
  time: number,
  { heads, biasTable, bucketOfDistance }: Omit<AttentionOptions, 'lengths'>,
): number {
  requireDType(operation, 'biasTable', biasTable, 'f32');
  requireDType(operation, 'bucketOfDistance', bucketOfDistance, 'u32');
  if (!biasTable !== !bucketOfDistance)
    throw new ShapeError(operation, `biasTable [${biasTable?.shape}] and bucketOfDistance [${bucketOfDistance?.shape}]`, 'both or neither');
  if (!biasTable || !bucketOfDistance) return 0;
  if (biasTable.shape.length !== 2 || biasTable.shape[1] !== heads)
    throw new ShapeError(operation, `biasTable [${biasTable.shape}]`, `[buckets, ${heads}]: a column for each head`);
  if (bucketOfDistance.size < time)
    throw new ShapeError(operation, `bucketOfDistance [${bucketOfDistance.shape}]`, `at least [${time}]: a bucket for each distance`);
  return biasTable.shape[0];
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
  if (qkv.shape.length !== 3 || !(Number.isInteger(heads) && heads > 0 && Number.isInteger(headDim)))
    throw new ShapeError('causalAttention', `qkv [${qkv.shape}] for ${heads} heads`, '[batch, time, 3·heads·headDim]');
  requireDType('causalAttention', 'lengths', lengths, 'u32');
  if (lengths && (lengths.size !== batch || lengths.shape.length !== 1))
    throw new ShapeError('causalAttention', `lengths [${lengths.shape}]`, `[${batch}]: one for each sequence of qkv [${qkv.shape}]`);
  const shape = {
    batch,
    time,
    heads,
    headDim,
    buckets: checkedBuckets('causalAttention', time, { heads, biasTable, bucketOfDistance }),
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
  const backward = (dy: Tensor): (Tensor | null)[] => {
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
  };
  const saves = [qkv, lse, y, biasTable, bucketOfDistance, lengths].filter((tensor) => tensor !== undefined);
  op('causalAttention', biasTable ? [qkv, biasTable] : [qkv], [y], ([dy]) => backward(dy as Tensor), { saves });
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

/** @throws ShapeError for caches, a step or rows that do not fit the queries. */
function requireStep(qkv: Tensor, { keys, values, step, heads, cacheRow }: AttentionStepOptions): void {
  const [batch, three] = qkv.shape;
  const [rows, time, width] = keys.shape;
  const expect = (name: string, tensor: Tensor, fits: boolean, expected: string): void => {
    if (!fits) throw new ShapeError('attentionStep', `${name} ${tensor.dtype} [${tensor.shape}]`, expected);
  };
  expect('keys', keys, keys.shape.length === 3 && keys.dtype === 'f32' && time > 0, 'f32 [rows, time, width]');
  expect('values', values, `${values.shape}` === `${keys.shape}` && values.dtype === 'f32', `f32 [${keys.shape}], as keys`);
  const headDim = width / heads;
  if (!Number.isInteger(headDim)) throw new ShapeError('attentionStep', `${heads} heads for a width of ${width}`, 'heads that divide it');
  const fits = qkv.shape.length === 2 && three === 3 * width && (cacheRow || batch <= rows);
  expect('qkv', qkv, Boolean(fits), `[at most ${rows}, ${3 * width}] for caches [${keys.shape}]`);
  expect('step', step, step.size === 1 && step.dtype === 'u32', 'u32 [1]');
  if (cacheRow) expect('cacheRow', cacheRow, cacheRow.size === batch && cacheRow.dtype === 'u32', `u32 [${batch}]`);
}

/**
 * The same attention for one step: its key and value join the caches, its query attends over all so far, or the last `window`
 * of them, its own included. It has no gradient.
 * @param qkv [batch, 3·width]
 * @returns [batch, width]
 */
export function attentionStep(
  qkv: Tensor,
  { keys, values, step, heads, biasTable, bucketOfDistance, cacheRow, window = 0 }: AttentionStepOptions,
): Tensor {
  const { device } = qkv;
  const [batch] = qkv.shape;
  const [rows, time, width] = keys.shape;
  requireStep(qkv, { keys, values, step, heads, cacheRow });
  const y = device.empty([batch, width]);
  const shape = {
    batch,
    time,
    heads,
    headDim: width / heads,
    buckets: checkedBuckets('attentionStep', time, { heads, biasTable, bucketOfDistance }),
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
  noGradient('attentionStep', { qkv, biasTable, keys, values }, [y, keys, values]);
  return y;
}
