/** Rows in order: stable, NaN above all other numbers. */
import { ORDER, putAlong, sortFinish } from '@coxswain/kernels';
import { noGradient, op } from '../autograd.js';
import { axisOf } from '../checks.js';
import { ShapeError } from '../errors.js';
import type { DType, Tensor } from '../tensor.js';
import { sortedPairs } from './sorted.js';
import { transpose } from './views.js';

/** A dtype's elements, moved as they are. */
const MOVED = { bits: ['x', 'values', 'out'] };

interface Sorted<D extends DType> {
  /** Absent where only places were asked for. */
  readonly values: Tensor<D> | undefined;
  readonly indices: Tensor<'u32'>;
}

/** Sorts the last axis, of which the first `keep` are wanted. */
function sortLast<D extends DType>(x: Tensor<D>, keep: number, descending: boolean, withValues: boolean): Sorted<D> {
  const { device } = x;
  const length = x.shape.at(-1) ?? 1;
  const kept = [...x.shape.slice(0, -1), keep];
  const indices = device.empty(kept, 'u32');
  const values = withValues ? device.empty(kept, x.dtype) : undefined;
  if (indices.size === 0) return { values, indices };
  const shape = { rows: x.size / length, length, keep, order: ORDER[x.dtype], descending: Number(descending), values: Number(withValues) };
  const pairs = sortedPairs(x, shape);
  device.dispatch(sortFinish, { ...shape, width: 0 }, { pairs, x, values: values ?? device.dummy, indices }, MOVED);
  return { values, indices };
}

/** The sort along an axis, its gradient included: what was sorted goes back to where it came from. */
function sortAlong<D extends DType>(
  name: string,
  x: Tensor<D>,
  axis: number,
  keep: number,
  descending: boolean,
): Sorted<D> & { readonly values: Tensor<D> } {
  if (axis !== x.shape.length - 1) {
    const last = sortAlong(name, transpose(x, axis, -1), x.shape.length - 1, keep, descending);
    return { values: transpose(last.values, axis, -1), indices: transpose(last.indices, axis, -1) };
  }
  const { values, indices } = sortLast(x, keep, descending, true) as Sorted<D> & { readonly values: Tensor<D> };
  const backward = (g: Tensor): Tensor => {
    const dx = x.device.zeros(x.shape);
    const sizes = { outer: x.size / x.shape[axis], axis: x.shape[axis], time: keep, inner: 1 };
    const places = { indexOuter: keep, indexTime: 1, indexInner: 0, missing: 0 };
    if (g.size > 0) x.device.dispatch(putAlong, { ...sizes, ...places }, { x: g, index: indices, out: dx }, MOVED);
    return dx;
  };
  noGradient(name, { x }, [indices]);
  op(name, [x], [values], ([g]) => [backward(g as Tensor)], { saves: [indices] });
  return { values, indices };
}

/**
 * x in order along `axis`, the last by default, and where each element was (u32, of the same shape). Stable: equal
 * elements keep their order. NaN counts as larger than all others, as in PyTorch. Any dtype; the gradient goes back to
 * where the values came from.
 * @param x [..., n, ...]
 * @param descending falling order: NaN first.
 * @returns [..., n, ...] both
 */
export function sort<D extends DType>(
  x: Tensor<D>,
  along = -1,
  descending = false,
): { readonly values: Tensor<D>; readonly indices: Tensor<'u32'> } {
  const axis = axisOf('sort', x.shape, along);
  return sortAlong('sort', x, axis, x.shape[axis], descending);
}

/**
 * Where the elements of `sort(x, axis, descending)` were, u32. It has no gradient.
 * @param x [..., n, ...]
 * @returns u32 [..., n, ...]
 */
export function argsort(x: Tensor, along = -1, descending = false): Tensor<'u32'> {
  const axis = axisOf('argsort', x.shape, along);
  if (axis !== x.shape.length - 1) return transpose(argsort(transpose(x, axis, -1), -1, descending), axis, -1);
  const { indices } = sortLast(x, x.shape[axis], descending, false);
  noGradient('argsort', { x }, [indices]);
  return indices;
}

/**
 * The k largest elements along `axis`, the last by default, falling, and where they were (u32); of equal ones those
 * that come first. NaN counts as the largest. Any dtype; the gradient goes back to where the values came from.
 * @param x [..., n, ...]
 * @param smallest the k smallest instead, rising, NaN last.
 * @returns [..., k, ...] both
 * @throws ShapeError unless k is a whole number from 0 to the length of the axis.
 */
export function topK<D extends DType>(
  x: Tensor<D>,
  k: number,
  along = -1,
  smallest = false,
): { readonly values: Tensor<D>; readonly indices: Tensor<'u32'> } {
  const axis = axisOf('topK', x.shape, along);
  if (!(Number.isInteger(k) && k >= 0 && k <= x.shape[axis]))
    throw new ShapeError('topK', `${k} of the ${x.shape[axis]} along axis ${axis} of [${x.shape}]`, `a whole number to ${x.shape[axis]}`);
  return sortAlong('topK', x, axis, k, !smallest);
}
