/** Embeddings of one-hot observations. */
import { embeddingParts, embeddingSumBackwardKernel, embeddingSum as embeddingSumKernel } from '@coxswain/kernels';
import { accumulator, op } from '../autograd.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { accumulateRows } from './reduce.js';

/**
 * The product of one-hot observations with a matrix, as a sum of the matrix' rows.
 * @param table [vocabulary, width]
 * @param indices i32 [N, slots]: which entries are one; −1 adds nothing.
 * @param bySlot every table row occurs in one slot only, which makes the gradient a single walk.
 * @returns [N, width]
 */
export function embeddingSum(table: Tensor, indices: Tensor, { bySlot = false }: { bySlot?: boolean } = {}): Tensor<'f32'> {
  const { device } = table;
  const [vocabulary, width] = table.shape;
  const [rows, slots] = indices.shape;
  if (table.shape.length !== 2) throw new ShapeError('embeddingSum', `table [${table.shape}]`, '[vocabulary, width]');
  if (indices.shape.length !== 2 || indices.dtype !== 'i32')
    throw new ShapeError('embeddingSum', `indices ${indices.dtype} [${indices.shape}]`, 'i32 [N, slots]');
  const shape = { rows, slots, width, vocabulary };
  const parts = embeddingParts(shape, device.traits);
  const backwardShape = { ...shape, bySlot: bySlot ? 1 : 0, parts };
  const out = device.empty([rows, width]);
  device.dispatch(embeddingSumKernel, shape, { indices, table, out });
  const backward = (dOut: Tensor): null => {
    if (rows * slots === 0) return null;
    const kernel = embeddingSumBackwardKernel(backwardShape, device.traits);
    const total = accumulator(table);
    const dTable = parts === 1 ? total : device.zeros([parts, vocabulary, width]);
    device.dispatch(kernel, backwardShape, { indices, dOut, dTable });
    if (parts > 1) accumulateRows(dTable, total);
    return null;
  };
  op('embeddingSum', [table], [out], ([dOut]) => [backward(dOut as Tensor)], { saves: [indices] });
  return out;
}
