/** Sums and means, in a fixed order: the same program gives the same bits. */
import { REDUCE, type ReduceShape, reduceKernel, reduceStages } from '@coxswain/kernels';
import { noGradient, op } from '../autograd.js';
import { axisOf, requireDType } from '../checks.js';
import { ShapeError } from '../errors.js';
import { type Dimensions, sizeOf, type Tensor } from '../tensor.js';
import { expand } from './shape.js';

/** Launches the one or two stages of a reduction into `out`. */
export function launchReduce(x: Tensor, out: Tensor, whole: Omit<ReduceShape, 'parts'>): void {
  const stages = reduceStages(whole);
  const [first, second] = stages;
  const { device } = x;
  if (x.size === 0) {
    // The sum of nothing is 0.
    if (whole.accumulate === 0) device.zero(out);
    return;
  }
  if (!second) {
    device.dispatch(reduceKernel(first, device.traits), first, { x, out });
    return;
  }
  const parts = device.empty([first.outer * first.parts * first.inner]);
  device.dispatch(reduceKernel(first, device.traits), first, { x, out: parts });
  device.dispatch(reduceKernel(second, device.traits), second, { x: parts, out });
}

const plain = { operation: REDUCE.sum, scale: 1, root: 0, accumulate: 0 } as const;

/**
 * Adds the sum of all elements of each x to the one-element `total`; for counts kept on the GPU. It has no gradient.
 * @param x of any shape
 * @param total [1], changed in place
 */
export function accumulateSum(x: Tensor, total: Tensor): void {
  if (total.size !== 1) throw new ShapeError('accumulateSum', `total [${total.shape}]`, 'one element');
  launchReduce(x, total, { ...plain, outer: 1, axis: x.size, inner: 1, accumulate: 1 });
  noGradient('accumulateSum', { x }, [total]);
}

/**
 * Adds `x` [rows, columns] summed over its rows to `total` [columns]. It has no gradient.
 * @param x [rows, columns]
 * @param total [columns], changed in place
 */
export function accumulateRows(x: Tensor, total: Tensor): void {
  const columns = total.size;
  if (!Number.isInteger(x.size / columns))
    throw new ShapeError('accumulateRows', `x [${x.shape}] into [${total.shape}]`, `rows of ${columns}`);
  launchReduce(x, total, { ...plain, outer: 1, axis: x.size / columns, inner: columns, accumulate: 1 });
  noGradient('accumulateRows', { x }, [total]);
}

/**
 * Sum over `axis` (dropped from the shape), or over everything (shape [1]).
 * @param x [..., n, ...]
 * @returns [...] without the axis, or [1]
 */
export function sum(x: Tensor, axis?: number): Tensor<'f32'> {
  return scaledSum('sum', x, axis, () => 1);
}

/**
 * Mean over `axis` (dropped from the shape), or over everything (shape [1]).
 * @param x [..., n, ...]
 * @returns [...] without the axis, or [1]
 */
export function mean(x: Tensor, axis?: number): Tensor<'f32'> {
  return scaledSum('mean', x, axis, (length) => 1 / length);
}

function scaledSum(name: string, x: Tensor, axis: number | undefined, factor: (length: number) => number): Tensor<'f32'> {
  const at = axis === undefined ? 0 : axisOf(name, x.shape, axis);
  requireDType(name, 'a tensor', x, 'f32');
  const seen = axis === undefined ? [x.size] : x.shape;
  const out = x.device.empty(axis === undefined ? [1] : x.shape.filter((_, i) => i !== at));
  const length = seen[at];
  if (length === 0 && out.size > 0 && name === 'mean') throw new ShapeError(name, `shape [${x.shape}]`, 'at least one element to a mean');
  const scale = factor(length);
  launchReduce(x, out, { ...plain, outer: sizeOf(seen.slice(0, at)), axis: length, inner: sizeOf(seen.slice(at + 1)), scale });
  op(
    name,
    [x],
    [out],
    ([g]) => {
      const kept = seen.map((n, i) => (i === at ? 1 : n));
      const wide = expand((g as Tensor).reshape(kept), seen, scale);
      return [wide.reshape(x.shape)];
    },
    { saves: [] },
  );
  return out;
}

/**
 * Sums `x` over the axes along which `shape` was broadcast, giving `shape`: how gradients come back through
 * broadcasting.
 */
export function sumTo(x: Tensor, shape: Dimensions): Tensor<'f32'> {
  const rank = x.shape.length;
  if (rank === shape.length && shape.every((n, i) => n === x.shape[i])) return x as Tensor<'f32'>;
  const padded = [...new Array<number>(rank - shape.length).fill(1), ...shape];
  let out = x as Tensor<'f32'>;
  for (let axis = 0; axis < rank; axis++) {
    if (padded[axis] === out.shape[axis]) continue;
    const next = x.device.empty(out.shape.map((n, i) => (i === axis ? 1 : n)));
    launchReduce(out, next, {
      ...plain,
      outer: sizeOf(out.shape.slice(0, axis)),
      axis: out.shape[axis],
      inner: sizeOf(out.shape.slice(axis + 1)),
    });
    out = next;
  }
  return out.reshape(shape);
}
