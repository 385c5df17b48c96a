/** Slices, concatenation, broadcasting copies and row gathers. */
import {
  BINARY,
  binary,
  broadcastFields,
  broadcastShape,
  copyAxisRange,
  copyStrided,
  fill,
  gatherRows as gatherRowsKernel,
} from '@coxswain/kernels';
import { op } from '../autograd.js';
import { ShapeError } from '../errors.js';
import { type Dimensions, sizeOf, type Tensor } from '../tensor.js';

const outerOf = (shape: Dimensions, axis: number): number => sizeOf(shape.slice(0, axis));
const innerOf = (shape: Dimensions, axis: number): number => sizeOf(shape.slice(axis + 1));
const withAxis = (shape: Dimensions, axis: number, length: number): number[] => shape.map((n, i) => (i === axis ? length : n));

/** Elements `from` … `to − 1` along `axis`. */
export function slice(x: Tensor, axis: number, from: number, to: number): Tensor {
  const axisLength = x.shape[axis];
  if (!(from >= 0 && from <= to && to <= axisLength))
    throw new ShapeError('slice', `${from} … ${to} along axis ${axis} of [${x.shape}]`, 'a range inside the axis');
  const length = to - from;
  const range = { outer: outerOf(x.shape, axis), inner: innerOf(x.shape, axis), length };
  const out = x.device.empty(withAxis(x.shape, axis, length), x.dtype);
  if (length === 0) return out;
  x.device.dispatch(copyStrided, copyAxisRange({ ...range, xAxis: axisLength, xFrom: from, outAxis: length, outFrom: 0 }), { x, out });
  op('slice', [x], [out], ([g]) => {
    const dx = length === axisLength ? x.device.empty(x.shape) : x.device.zeros(x.shape);
    const back = copyAxisRange({ ...range, xAxis: length, xFrom: 0, outAxis: axisLength, outFrom: from });
    x.device.dispatch(copyStrided, back, { x: g as Tensor, out: dx });
    return [dx];
  });
  return out;
}

/** Tensors side by side along `axis`; their other axes are the same. */
export function concat(list: readonly Tensor[], axis: number): Tensor {
  const parts = list.filter((part) => part.shape[axis] > 0);
  const [first] = parts;
  const fits = (part: Tensor): boolean =>
    part.shape.length === first.shape.length && part.shape.every((n, i) => i === axis || n === first.shape[i]);
  if (!first || !parts.every(fits))
    throw new ShapeError(
      'concat',
      `shapes ${list.map((part) => `[${part.shape}]`).join(' ')} along axis ${axis}`,
      'equal sizes on every other axis',
    );
  const { device } = first;
  const outAxis = parts.reduce((total, part) => total + part.shape[axis], 0);
  const out = device.empty(withAxis(first.shape, axis, outAxis), first.dtype);
  const outer = outerOf(first.shape, axis);
  const inner = innerOf(first.shape, axis);
  let outFrom = 0;
  for (const part of parts) {
    const length = part.shape[axis];
    device.dispatch(copyStrided, copyAxisRange({ outer, inner, length, xAxis: length, xFrom: 0, outAxis, outFrom }), { x: part, out });
    outFrom += length;
  }
  op('concat', parts, [out], ([g]) => {
    let from = 0;
    return parts.map((part) => {
      const length = part.shape[axis];
      from += length;
      return part.requiresGradient ? slice(g as Tensor, axis, from - length, from) : null;
    });
  });
  return out;
}

/** Stretches axes of length 1 to `shape`, times `factor`. Not differentiable: it is itself the gradient of a sum. */
export function expand(x: Tensor, shape: Dimensions, factor = 1): Tensor {
  const { device } = x;
  const out = device.empty(broadcastShape(x.shape, shape));
  const one = device.empty([1]);
  device.dispatch(fill, { count: 1, value: factor }, { out: one });
  const everywhere = { b0: 0, b1: 0, b2: 0, b3: 0 };
  device.dispatch(binary, { operation: BINARY.multiply, ...broadcastFields(x.shape, shape), ...everywhere }, { a: x, b: one, out });
  return out;
}

/** Rows `x[index[i], :]` of a matrix; a row of zeros where the index is past the end. Not differentiable. */
export function gatherRows(x: Tensor, index: Tensor): Tensor {
  const columns = sizeOf(x.shape.slice(1));
  const out = x.device.empty([index.size, ...x.shape.slice(1)], x.dtype);
  x.device.dispatch(gatherRowsKernel, { rows: index.size, columns, indexed: x.shape[0] }, { x, index, out });
  return out;
}
