/** What sorts give other operations: pairs in order, and rows added up by them. */
import { ORDER, type SortShape, scatterAdd, sortBlocks, sortMerge, sortMerges } from '@coxswain/kernels';
import type { Tensor } from '../tensor.js';

/** Sorts rows of x [rows, length] as pairs (key, place); `sortFinish` and `scatterAdd` read those. */
export function sortedPairs(x: Tensor, shape: Omit<SortShape, 'width'>): Tensor {
  const { device } = x;
  const words = [2 * shape.rows * shape.length];
  let pairs = device.empty(words, 'u32');
  device.dispatch(sortBlocks, { ...shape, width: 0 }, { x, pairs }, { bits: ['x'] });
  const merges = sortMerges(shape);
  let other = merges.length > 0 ? device.empty(words, 'u32') : pairs;
  for (const merge of merges) {
    device.dispatch(sortMerge, merge, { pairs, merged: other });
    [pairs, other] = [other, pairs];
  }
  return pairs;
}

/** Rows added up by their index, [indexed, columns], to `x` where there is one. */
export function addedRows(x: Tensor | undefined, index: Tensor, rows: Tensor, indexed: number, columns: number): Tensor<'f32'> {
  const { device } = rows;
  const out = device.empty([indexed, columns]);
  const count = index.size;
  const pairs = sortedPairs(index, { rows: 1, length: count, keep: count, order: ORDER.u32, descending: 0, values: 0 });
  const shape = { count, columns, indexed, fromZero: x ? 0 : 1 };
  device.dispatch(scatterAdd, shape, { x: x ?? device.dummy, pairs, rows, out });
  return out;
}
