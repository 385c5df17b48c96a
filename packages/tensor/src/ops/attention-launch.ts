/** What operations of attention share: checks, and the launches of either version. */
import {
  type AttentionShape,
  attentionBackward,
  attentionBackwardBias,
  attentionBias,
  attentionForward,
  attentionParts,
  attentionTiledBackwardBias,
  attentionTiledBackwardKeys,
  attentionTiledBackwardQueries,
  attentionTiledForward,
  attentionTiles,
  WIDEST_HEAD,
} from '@coxswain/kernels';
import { accumulator } from '../autograd.js';
import type { Device } from '../device.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor.js';

/** A window as kernels take it: 0, or all of `time`, for the whole past. */
export function checkedWindow(operation: string, window: number, time: number): number {
  if (!Number.isInteger(window) || window < 0) throw new ShapeError(operation, `window ${window}`, 'a whole number of at least 0');
  // A longer one sees everything too, and may not fit the uniform.
  return Math.min(window, time);
}

/** @throws ShapeError for heads that there are no kernels for. */
export function checkedHeads(operation: string, { heads, kvHeads, headDim }: Pick<AttentionShape, 'heads' | 'kvHeads' | 'headDim'>): void {
  if (!Number.isInteger(heads / kvHeads) || heads < 1)
    throw new ShapeError(operation, `${heads} heads and ${kvHeads} kvHeads`, 'kvHeads that divide the heads');
  if (headDim < 4 || headDim % 4 !== 0 || headDim > WIDEST_HEAD)
    throw new ShapeError(operation, `heads of ${headDim} elements`, `a multiple of 4 up to ${WIDEST_HEAD}`);
}

/** What attention reads. */
export interface Operands {
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
export function launchAttention(device: Device, shape: AttentionShape, operands: Operands, y: Tensor): (dy: Tensor, dqkv: Tensor) => void {
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
