/** Slices, concatenation, broadcasting copies and row gathers. */
import {
  type BesideShape,
  binary,
  broadcastFields,
  copyAxisRange,
  copyBeside,
  copyStrided,
  copyWindow,
  fill,
  gatherManyRows,
  gatherRows as gatherRowsKernel,
  MOST_MOVED,
  scatterManyRows,
  type WindowShape,
} from '@coxswain/kernels';
import { noGradient, op } from '../autograd.js';
import { axisOf, requireDimensions, requireDType } from '../checks.js';
import { ShapeError } from '../errors.js';
import type { LaunchOptions } from '../launch.js';
import { type Dimensions, type DType, sizeOf, type Tensor } from '../tensor.js';
import { scale } from './elementwise.js';
import { sumTo } from './reduce.js';
import { addedRows } from './sorted.js';

/** Elements of any dtype, moved as they are. */
const MOVED: LaunchOptions = { bits: ['x', 'h', 'out'] };

const outerOf = (shape: Dimensions, axis: number): number => sizeOf(shape.slice(0, axis));
const innerOf = (shape: Dimensions, axis: number): number => sizeOf(shape.slice(axis + 1));
const withAxis = (shape: Dimensions, axis: number, length: number): number[] => shape.map((n, i) => (i === axis ? length : n));

/**
 * Elements `from` … `to − 1` along an axis; a negative one counts from the last.
 * @param x [..., n, ...]
 * @returns [..., to − from, ...]
 */
export function slice<D extends DType>(x: Tensor<D>, along: number, from: number, to: number): Tensor<D> {
  const axis = axisOf('slice', x.shape, along);
  const axisLength = x.shape[axis];
  if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= axisLength))
    throw new ShapeError('slice', `${from} … ${to} along axis ${axis} of [${x.shape}]`, 'a range of whole numbers inside the axis');
  const length = to - from;
  const range = { outer: outerOf(x.shape, axis), inner: innerOf(x.shape, axis), length };
  const out = x.device.empty(withAxis(x.shape, axis, length), x.dtype);
  const copied = copyAxisRange({ ...range, xAxis: axisLength, xFrom: from, outAxis: length, outFrom: 0 });
  if (out.size > 0) x.device.dispatch(copyStrided, copied, { x, out }, MOVED);
  const backward = (g: Tensor): Tensor => {
    const dx = x.device.empty(x.shape);
    const { outer, inner } = range;
    const back = { outer, time: axisLength, width: inner, xTime: length, xWidth: inner, shiftTime: -from, shiftWidth: 0 };
    x.device.dispatch(copyWindow, back, { x: g, out: dx }, MOVED);
    return dx;
  };
  op('slice', [x], [out], ([g]) => [backward(g as Tensor)], { saves: [] });
  return out;
}

/** The axis, from 0. @throws ShapeError for tensors that cannot lie side by side along it. */
function requireAlike(list: readonly Tensor[], along: number): number {
  const [first] = list;
  if (!first) throw new ShapeError('concat', 'no tensors', 'at least one');
  const axis = axisOf('concat', first.shape, along);
  const fits = (part: Tensor): boolean =>
    part.shape.length === first.shape.length && part.shape.every((n, i) => i === axis || n === first.shape[i]);
  const said = list.map((part) => `${part.dtype} [${part.shape}]`).join(', ');
  if (!list.every(fits)) throw new ShapeError('concat', `${said} along axis ${axis}`, 'equal sizes on every other axis');
  if (list.some(({ dtype }) => dtype !== first.dtype)) throw new ShapeError('concat', said, 'tensors of one dtype');
  return axis;
}

/**
 * Tensors of one dtype side by side along an axis (a negative one counts from the last); their other axes are the same.
 * @param list [..., n, ...] each, n along the axis its own
 * @returns [..., Σ n, ...]
 */
export function concat<D extends DType>(list: readonly Tensor<D>[], along: number): Tensor<D> {
  const axis = requireAlike(list, along);
  const full = list.filter((part) => part.size > 0);
  const parts = full.length > 0 ? full : list;
  const [first] = parts;
  const { device } = first;
  const last = first.shape.length - 1;
  if (full.length === 2 && axis === last) {
    const [x, h] = parts;
    const [xWidth, hWidth] = [x.shape[last], h.shape[last]];
    const sizes = { outer: 1, time: x.size / xWidth, xTime: x.size / xWidth, hTime: h.size / hWidth };
    return beside(x, h, { ...sizes, xWidth, hWidth, lag: 0 }).reshape(withAxis(first.shape, axis, xWidth + hWidth));
  }
  const outAxis = parts.reduce((total, part) => total + part.shape[axis], 0);
  const out = device.empty(withAxis(first.shape, axis, outAxis), first.dtype);
  const outer = outerOf(first.shape, axis);
  const inner = innerOf(first.shape, axis);
  let outFrom = 0;
  for (const part of parts) {
    const length = part.shape[axis];
    const range = copyAxisRange({ outer, inner, length, xAxis: length, xFrom: 0, outAxis, outFrom });
    if (part.size > 0) device.dispatch(copyStrided, range, { x: part, out }, MOVED);
    outFrom += length;
  }
  const backward = (g: Tensor): (Tensor | null)[] => {
    let from = 0;
    return parts.map((part) => {
      const length = part.shape[axis];
      from += length;
      return part.requiresGradient ? slice(g, axis, from - length, from) : null;
    });
  };
  op('concat', parts, [out], ([g]) => backward(g as Tensor), { saves: [] });
  return out;
}

/**
 * Every step of x beside the step of h before it: (x_t, h_{t−1}), with zeros for h at the first step.
 * @param x [batch, at least time, width]
 * @param h [batch, at least time − 1, hidden]
 * @param time steps of the result, those of x by default.
 * @returns [batch, time, width + hidden]
 */
export function besidePrevious<D extends DType>(x: Tensor<D>, h: Tensor<D>, time = x.shape[1]): Tensor<D> {
  const [batch, xTime, xWidth] = x.shape;
  const [rows, hTime, hWidth] = h.shape;
  const fits = x.shape.length === 3 && h.shape.length === 3 && rows === batch && xTime >= time && hTime >= time - 1;
  if (!fits || !(Number.isInteger(time) && time >= 0) || x.dtype !== h.dtype)
    throw new ShapeError(
      'besidePrevious',
      `x ${x.dtype} [${x.shape}] and h ${h.dtype} [${h.shape}] for ${time} steps`,
      'one dtype, as many rows, and steps enough',
    );
  return beside(x, h, { outer: batch, time, xTime, xWidth, hTime, hWidth, lag: 1 });
}

function beside<D extends DType>(x: Tensor<D>, h: Tensor<D>, shape: BesideShape): Tensor<D> {
  const { device } = x;
  const { outer, time, xTime, xWidth, hTime, hWidth, lag } = shape;
  const width = xWidth + hWidth;
  const out = device.empty([outer, time, width], x.dtype);
  device.dispatch(copyBeside, shape, { x, h, out }, MOVED);
  const part = (g: Tensor, of: Tensor, sizes: Pick<WindowShape, 'time' | 'width' | 'shiftTime' | 'shiftWidth'>): Tensor | null => {
    if (!of.requiresGradient) return null;
    const gradient = device.empty(of.shape);
    device.dispatch(copyWindow, { outer, xTime: time, xWidth: width, ...sizes }, { x: g, out: gradient }, MOVED);
    return gradient;
  };
  const backward = (g: Tensor): (Tensor | null)[] => [
    part(g, x, { time: xTime, width: xWidth, shiftTime: 0, shiftWidth: 0 }),
    part(g, h, { time: hTime, width: hWidth, shiftTime: lag, shiftWidth: xWidth }),
  ];
  op('beside', [x, h], [out], ([g]) => backward(g as Tensor), { saves: [] });
  return out;
}

/**
 * Stretches axes of length 1 to `shape`, times `factor`.
 * @param x [...], axes of length 1 wherever they are stretched
 * @returns [...shape]
 */
export function expand(x: Tensor, shape: Dimensions, factor = 1): Tensor<'f32'> {
  const { device } = x;
  requireDimensions('expand', shape);
  const out = device.empty(stretched(x.shape, shape));
  const one = device.empty([1]);
  device.dispatch(fill, { count: 1, value: factor }, { out: one });
  const everywhere = { b0: 0, b1: 0, b2: 0, b3: 0 };
  device.dispatch(binary.mul.f32, { ...broadcastFields(x.shape, shape), ...everywhere }, { a: x, b: one, out });
  op('expand', [x], [out], ([g]) => [scale(sumTo(g as Tensor, x.shape), factor)], { saves: [] });
  return out;
}

/** The shape asked for. @throws ShapeError unless each axis of `from`, the last beside the last, is 1 or as long. */
function stretched(from: Dimensions, to: Dimensions): number[] {
  const first = to.length - from.length;
  if (first < 0 || !from.every((n, i) => n === 1 || n === to[first + i]))
    throw new ShapeError('expand', `shape [${from}] to [${to}]`, 'axes that are 1, or equal');
  return [...to];
}

/** The index, u32. @throws ShapeError for another dtype: its bits would pass for rows. */
function requireIndex(operation: string, index: Tensor): void {
  requireDType(operation, 'index', index, 'u32');
}

/**
 * Rows `x[index[i], :]` of a matrix; a row of zeros where the index, u32, is past the end. Its gradient adds up rows
 * named more than once in the order of the index, as `scatterAdd`; `selectRows` has a cheaper one.
 * @param x [rows, ...]
 * @param index u32 [m]
 * @returns [m, ...]
 */
export function gatherRows<D extends DType>(x: Tensor<D>, index: Tensor): Tensor<D> {
  requireIndex('gatherRows', index);
  if (x.shape.length === 0) throw new ShapeError('gatherRows', 'shape []', 'at least one axis');
  const columns = sizeOf(x.shape.slice(1));
  const out = x.device.empty([index.size, ...x.shape.slice(1)], x.dtype);
  x.device.dispatch(gatherRowsKernel, { rows: index.size, columns, indexed: x.shape[0] }, { x, index, out }, MOVED);
  const back = (g: Tensor): Tensor =>
    g.size === 0 || x.size === 0 ? x.device.zeros(x.shape) : addedRows(undefined, index, g, x.shape[0], columns).reshape(x.shape);
  op('gatherRows', [x], [out], ([g]) => [back(g as Tensor)], { saves: [index] });
  return out;
}

/**
 * `gatherRows` for rows that differ: its gradient is a gather too.
 * @param x [rows, ...]
 * @param index u32 [m]: rows of `x`, each at most once; past the end for a row of zeros.
 * @param back u32 [rows of x]: where in `index` each of them is, past its end where it is not.
 * @returns [m, ...]
 */
export function selectRows<D extends DType>(x: Tensor<D>, index: Tensor, back: Tensor): Tensor<D> {
  if (back.size !== x.shape[0])
    throw new ShapeError('selectRows', `${back.size} places back into [${x.shape}]`, `one for each of its ${x.shape[0]} rows`);
  requireDType('selectRows', 'back', back, 'u32');
  const out = gatherRows(x, index);
  op('selectRows', [x], [out], ([g]) => [gatherRows(g as Tensor, back)], { saves: [index, back] });
  return out;
}

const manyRows = (name: string, tensors: readonly Tensor[], index: Tensor, indexed: number) => {
  if (tensors.length === 0 || tensors.length > MOST_MOVED) throw new ShapeError(name, `${tensors.length} tensors`, `1 to ${MOST_MOVED}`);
  const columns = (i: number): number => (tensors[i] ? sizeOf(tensors[i].shape.slice(1)) : 0);
  return { rows: index.size, columns0: columns(0), columns1: columns(1), columns2: columns(2), indexed };
};
const MANY_MOVED: LaunchOptions = { bits: ['x0', 'x1', 'x2', 'out0', 'out1', 'out2'] };
const slots = (prefix: string, tensors: readonly Tensor[], absent: Tensor): Record<string, Tensor> =>
  Object.fromEntries([0, 1, 2].map((i) => [`${prefix}${i}`, tensors[i] ?? absent]));

/**
 * `gatherRows` of up to three tensors by one index, in one launch.
 * @param tensors [rows, ...] each
 * @param index u32 [m]
 * @returns [m, ...] for each
 */
export function gatherRowsOf(tensors: readonly Tensor[], index: Tensor): Tensor[] {
  requireIndex('gatherRowsOf', index);
  const { device, shape } = tensors[0] ?? index;
  const fields = manyRows('gatherRowsOf', tensors, index, shape[0]);
  if (tensors.some((tensor) => tensor.shape[0] !== shape[0]))
    throw new ShapeError('gatherRowsOf', `tensors ${tensors.map((tensor) => `[${tensor.shape}]`).join(' ')}`, 'as many rows in each');
  const out = tensors.map((tensor) => device.empty([index.size, ...tensor.shape.slice(1)], tensor.dtype));
  device.dispatch(gatherManyRows, fields, { index, ...slots('x', tensors, device.dummy), ...slots('out', out, device.dummy) }, MANY_MOVED);
  tensors.forEach((x, i) => {
    noGradient('gatherRowsOf', { [`x${i}`]: x }, [out[i]]);
  });
  return out;
}

/**
 * `out[index[i], :] = x[i, :]` in place for up to three pairs by one index, in one launch; rows whose index is past the
 * end go nowhere, the others must differ. It has no gradient.
 * @param pairs [m, ...] and [rows, ...] each, the second changed in place
 * @param index u32 [m]
 */
export function scatterRowsOf(pairs: readonly (readonly [x: Tensor, out: Tensor])[], index: Tensor): void {
  requireIndex('scatterRowsOf', index);
  const [x, out] = [pairs.map(([from]) => from), pairs.map(([, to]) => to)];
  const { device, shape } = out[0] ?? index;
  const fields = manyRows('scatterRowsOf', out, index, shape[0]);
  if (out.some((tensor, i) => tensor.shape[0] !== shape[0] || (tensor.size / shape[0]) * index.size !== x[i].size))
    throw new ShapeError('scatterRowsOf', `into ${out.map((tensor) => `[${tensor.shape}]`).join(' ')}`, 'rows as long as those moved');
  const differs = pairs.find(([from, to]) => from.dtype !== to.dtype);
  if (differs) throw new ShapeError('scatterRowsOf', `rows of ${differs[0].dtype} into ${differs[1].dtype}`, 'pairs of one dtype');
  if (index.size === 0) return;
  device.dispatch(scatterManyRows, fields, { index, ...slots('x', x, device.dummy), ...slots('out', out, device.dummy) }, MANY_MOVED);
  for (const [from, to] of pairs) noGradient('scatterRowsOf', { x: from }, [to]);
}
