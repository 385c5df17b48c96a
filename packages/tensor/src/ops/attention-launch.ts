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
import { requireDType } from '../checks.js';
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
  if (!Number.isInteger(heads) || !Number.isInteger(heads / kvHeads) || heads < 1)
    throw new ShapeError(operation, `${heads} heads and ${kvHeads} kvHeads`, 'kvHeads that divide the heads');
  if (!(headDim >= 4) || headDim % 4 !== 0 || headDim > WIDEST_HEAD)
    throw new ShapeError(operation, `heads of ${headDim} elements`, `a multiple of 4 up to ${WIDEST_HEAD}`);
}

/**
 * Buckets of a bias by distance, 0 without one.
 * @throws ShapeError for tables that do not fit the heads and the distances.
 */
export function checkedBuckets(
  operation: string,
  { heads, distances }: { readonly heads: number; readonly distances: number },
  { biasTable, bucketOfDistance }: Pick<Operands, 'biasTable' | 'bucketOfDistance'>,
): number {
  requireDType(operation, 'biasTable', biasTable, 'f32');
  requireDType(operation, 'bucketOfDistance', bucketOfDistance, 'u32');
  if (!biasTable !== !bucketOfDistance)
    throw new ShapeError(operation, `biasTable [${biasTable?.shape}] and bucketOfDistance [${bucketOfDistance?.shape}]`, 'both or neither');
  if (!biasTable || !bucketOfDistance) return 0;
  if (biasTable.shape.length !== 2 || biasTable.shape[1] !== heads)
    throw new ShapeError(operation, `biasTable [${biasTable.shape}]`, `[buckets, ${heads}]: a column for each head`);
  if (bucketOfDistance.size < distances)
    throw new ShapeError(operation, `bucketOfDistance [${bucketOfDistance.shape}]`, `at least [${distances}]: a bucket for each distance`);
  return biasTable.shape[0];
}

/** @throws ShapeError for steps of other sequences than there are. */
export function requireLengths(operation: string, name: string, lengths: Tensor | undefined, batch: number): void {
  requireDType(operation, name, lengths, 'u32');
  if (lengths && (lengths.size !== batch || lengths.shape.length !== 1))
    throw new ShapeError(operation, `${name} [${lengths.shape}]`, `[${batch}]: one for each sequence`);
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
 * @returns what launches its gradient: into `dqkv` at the shape's strides, and onto that of the table, where it wants
 * one.
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
