/**
 * Axes in another order, backwards, in steps, repeated, padded, split and stacked. Every result is a copy: kernels read
 * rows as they lie.
 */
import { copyPad, copyView, transposeFields, transposeKernel, type ViewAxis, viewFields } from '@coxswain/kernels';
import { op } from '../autograd.js';
import { axisOf, requireDimensions } from '../checks.js';
import { ShapeError } from '../errors.js';
import type { LaunchOptions } from '../launch.js';
import { type Dimensions, type DType, sizeOf, type Tensor } from '../tensor.js';
import { sum } from './reduce.js';
import { concat, slice } from './shape.js';

/** Elements of any dtype, moved as they are. */
const MOVED: LaunchOptions = { bits: ['x', 'out'] };

/** Axes of a row-major tensor of this shape. */
const axesOf = (shape: Dimensions): ViewAxis[] => shape.map((length, i) => ({ length, stride: sizeOf(shape.slice(i + 1)) }));

/**
 * A tensor of `shape` holding what a strided view of x shows; `axes` may be more than the shape has, in the same order
 * of elements.
 */
function copyOf<D extends DType>(operation: string, x: Tensor<D>, shape: Dimensions, axes: readonly ViewAxis[], offset = 0): Tensor<D> {
  const { device } = x;
  const out = device.empty(shape, x.dtype);
  if (out.size === 0) return out;
  const fields = fieldsOf(operation, x, axes, offset);
  const transposed = transposeFields(fields);
  const kernel = transposed && transposeKernel(transposed, device.traits);
  if (kernel) device.dispatch(kernel, transposed, { x, out }, MOVED);
  else device.dispatch(copyView, fields, { x, out }, MOVED);
  return out;
}

function fieldsOf(operation: string, x: Tensor, axes: readonly ViewAxis[], offset: number): ReturnType<typeof viewFields> {
  try {
    return viewFields(axes, offset);
  } catch (error) {
    throw new ShapeError(
      operation,
      `shape [${x.shape}]: ${(error as Error).message}`,
      'fewer axes, after those that stay together are one',
    );
  }
}

/**
 * The axes of x in another order: axis i of the result is axis `order[i]` of x (a negative one counts from the last).
 * Any dtype; at most six axes where none stay together.
 * @param x [n0, n1, ...]
 * @returns [n2, n0, n1, ...] for the order [2, 0, 1, ...]
 * @throws ShapeError unless `order` names every axis once.
 */
export function permute<D extends DType>(x: Tensor<D>, order: readonly number[]): Tensor<D> {
  const axes = order.map((axis) => axisOf('permute', x.shape, axis));
  if (axes.length !== x.shape.length || new Set(axes).size !== axes.length)
    throw new ShapeError('permute', `order [${order}] of shape [${x.shape}]`, 'every axis once');
  const from = axesOf(x.shape);
  const out = copyOf(
    'permute',
    x,
    axes.map((axis) => x.shape[axis]),
    axes.map((axis) => from[axis]),
  );
  op(
    'permute',
    [x],
    [out],
    ([g]) => [
      permute(
        g as Tensor,
        axes.map((_, i) => axes.indexOf(i)),
      ),
    ],
    { saves: [] },
  );
  return out;
}

/**
 * Two axes of x exchanged, the last two by default; as `permute`.
 * @param x [..., n, ..., m, ...]
 * @returns [..., m, ..., n, ...]
 */
export function transpose<D extends DType>(x: Tensor<D>, a = -2, b = -1): Tensor<D> {
  const [first, second] = [axisOf('transpose', x.shape, a), axisOf('transpose', x.shape, b)];
  return permute(
    x,
    x.shape.map((_, i) => (i === first ? second : i === second ? first : i)),
  );
}

/**
 * x with the order of its elements along `axes` (all by default) reversed. Any dtype.
 * @param x of any shape
 * @returns of the same shape
 */
export function flip<D extends DType>(x: Tensor<D>, ...along: readonly number[]): Tensor<D> {
  const flipped = new Set(along.map((axis) => axisOf('flip', x.shape, axis)));
  const back = (i: number): boolean => along.length === 0 || flipped.has(i);
  const axes = axesOf(x.shape);
  const offset = axes.reduce((sum, { length, stride }, i) => sum + (back(i) ? (length - 1) * stride : 0), 0);
  const out = copyOf(
    'flip',
    x,
    x.shape,
    axes.map(({ length, stride }, i) => ({ length, stride: back(i) ? -stride : stride })),
    offset,
  );
  op('flip', [x], [out], ([g]) => [flip(g as Tensor, ...along)], { saves: [] });
  return out;
}

/**
 * Every `step`-th element along `axis` from `from` on, before `to`: as Python's x[from:to:step] with numbers from 0. A
 * negative step goes backwards, to the element after `to`; then `to` may be −1. Any dtype.
 * @param x [..., n, ...]
 * @returns [..., ⌈(to − from) / step⌉, ...]
 * @throws ShapeError for a step of 0, or an element outside the axis.
 */
export function stridedSlice<D extends DType>(x: Tensor<D>, along: number, from: number, to: number, step: number): Tensor<D> {
  const axis = axisOf('stridedSlice', x.shape, along);
  const length = Math.max(0, Math.ceil((to - from) / step));
  const last = from + (length - 1) * step;
  const inside = (place: number): boolean => place >= 0 && place < x.shape[axis];
  if (![from, to, step].every(Number.isInteger) || step === 0 || (length > 0 && !(inside(from) && inside(last))))
    throw new ShapeError('stridedSlice', `${from} … ${to} by ${step} along axis ${axis} of [${x.shape}]`, 'whole numbers, elements inside');
  const axes = axesOf(x.shape);
  const { stride } = axes[axis];
  axes[axis] = { length, stride: stride * step };
  const out = copyOf(
    'stridedSlice',
    x,
    axes.map((one) => one.length),
    axes,
    length > 0 ? from * stride : 0,
  );
  const backward = (g: Tensor): Tensor => {
    const forward = step > 0 ? g : flip(g, axis);
    return placed(forward, axis, x.shape[axis], Math.min(from, last), Math.abs(step), 0);
  };
  op('stridedSlice', [x], [out], ([g]) => [backward(g as Tensor)], { saves: [] });
  return out;
}

/** x along one axis of `length` from `before` on, every `step` places, and the number `value` elsewhere. */
function placed<D extends DType>(x: Tensor<D>, axis: number, length: number, before: number, step: number, value: number): Tensor<D> {
  const out = x.device.empty(
    x.shape.map((n, i) => (i === axis ? length : n)),
    x.dtype,
  );
  if (out.size === 0) return out;
  const sizes = { outer: sizeOf(x.shape.slice(0, axis)), axis: length, xAxis: x.shape[axis], inner: sizeOf(x.shape.slice(axis + 1)) };
  const fields = { ...sizes, before: before >>> 0, step, value: bitsOf(value, x) };
  // An x of no elements is not read.
  x.device.dispatch(copyPad, fields, { x: x.size > 0 ? x : x.device.dummy, out }, MOVED);
  return out;
}

/** The bits of a number in the tensor's dtype. @throws ShapeError for one that an integer dtype does not hold. */
function bitsOf(value: number, { dtype }: Tensor): number {
  if (dtype === 'f32') return new Uint32Array(Float32Array.of(value).buffer)[0];
  const held = dtype === 'i32' ? value | 0 : value >>> 0;
  if (held !== value) throw new ShapeError('pad', `value ${value} for ${dtype}`, `a number that ${dtype} holds`);
  return value >>> 0;
}

/**
 * x with `value` around it.
 * @param x [..., n, ...]
 * @param margins for each axis how many places before and after it, last axes by default: [[1, 1], [2, 0]] pads the
 * last two. Negative ones take away.
 * @param value 0 by default; of the dtype of x. The gradient is that of what is left of x.
 * @returns [..., before + n + after, ...]
 * @throws ShapeError for more margins than axes, or more taken away than there is.
 */
export function pad<D extends DType>(x: Tensor<D>, margins: readonly (readonly [before: number, after: number])[], value = 0): Tensor<D> {
  const first = x.shape.length - margins.length;
  const fits = ([before, after]: readonly [number, number], i: number): boolean =>
    Number.isInteger(before) && Number.isInteger(after) && x.shape[first + i] + Math.min(0, before) + Math.min(0, after) >= 0;
  if (first < 0 || !margins.every(fits))
    throw new ShapeError(
      'pad',
      `margins [${margins.map((pair) => `[${pair}]`)}] of shape [${x.shape}]`,
      'whole numbers, and something left',
    );
  bitsOf(value, x);
  let out = x;
  margins.forEach(([before, after], i) => {
    if (before === 0 && after === 0) return;
    out = padAxis(out, first + i, before, after, value);
  });
  if (out !== x) return out;
  const copy = copyOf('pad', x, x.shape, axesOf(x.shape));
  op('pad', [x], [copy], ([g]) => [g], { saves: [] });
  return copy;
}

function padAxis<D extends DType>(x: Tensor<D>, axis: number, before: number, after: number, value: number): Tensor<D> {
  const length = x.shape[axis];
  const out = placed(x, axis, length + before + after, before, 1, value);
  op('pad', [x], [out], ([g]) => [placed(g as Tensor, axis, length, -before, 1, 0)], { saves: [] });
  return out;
}

/**
 * x `times[i]` times over along axis i, last axes by default: tile(x, [2]) of [a, b] is [a, b, a, b]. Any dtype.
 * @param x [..., n, ...]
 * @returns [..., n · times, ...]
 * @throws ShapeError for more counts than axes, or counts that are not whole numbers of at least 0.
 */
export function tile<D extends DType>(x: Tensor<D>, times: readonly number[]): Tensor<D> {
  return repeated('tile', x, times, true);
}

/**
 * Each element along axis i `times[i]` times in place, last axes by default: repeat(x, [2]) of [a, b] is [a, a, b, b].
 * Otherwise as `tile`.
 * @param x [..., n, ...]
 * @returns [..., n · times, ...]
 */
export function repeat<D extends DType>(x: Tensor<D>, times: readonly number[]): Tensor<D> {
  return repeated('repeat', x, times, false);
}

/** Axes that are repeated in one launch: each may part a view's axes into three. */
const REPEATED_AT_ONCE = 2;

function repeated<D extends DType>(operation: string, x: Tensor<D>, times: readonly number[], whole: boolean): Tensor<D> {
  const rank = x.shape.length;
  requireDimensions(operation, times);
  if (times.length > rank) throw new ShapeError(operation, `counts [${times}] for shape [${x.shape}]`, `at most ${rank}`);
  const counts = [...new Array<number>(rank - times.length).fill(1), ...times];
  const axesTaken = counts.flatMap((n, i) => (n === 1 ? [] : [i]));
  if (axesTaken.length > REPEATED_AT_ONCE) {
    const later = new Set(axesTaken.slice(0, -REPEATED_AT_ONCE));
    const part = (last: boolean): number[] => counts.map((n, i) => (later.has(i) === last ? 1 : n));
    return repeated(operation, repeated(operation, x, part(true), whole), part(false), whole);
  }
  const again = counts.map((length) => ({ length, stride: 0 }));
  const axes = axesOf(x.shape).flatMap((axis, i) => (whole ? [again[i], axis] : [axis, again[i]]));
  const out = copyOf(
    operation,
    x,
    x.shape.map((n, i) => n * counts[i]),
    axes,
  );
  const backward = (g: Tensor): Tensor => {
    let sums = g.reshape(axes.map(({ length }) => length));
    for (let i = rank - 1; i >= 0; i--) sums = sum(sums, whole ? 2 * i : 2 * i + 1);
    return sums;
  };
  op(operation, [x], [out], ([g]) => [backward(g as Tensor)], { saves: [] });
  return out;
}

/**
 * x under a shape with a new axis of length 1 at `axis` (a negative one counts from behind the last). A view of the
 * same memory.
 * @param x [...]
 * @returns [..., 1, ...]
 */
export function unsqueeze<D extends DType>(x: Tensor<D>, axis: number): Tensor<D> {
  const at = axisOf('unsqueeze', [...x.shape, 1], axis);
  return x.reshape([...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

/**
 * x without its axis `axis`, or without all axes, of length 1. A view of the same memory. @throws ShapeError for an
 * axis that is longer.
 * @param x [..., 1, ...]
 * @returns [...] without the axis
 */
export function squeeze<D extends DType>(x: Tensor<D>, axis?: number): Tensor<D> {
  if (axis === undefined) return x.reshape(x.shape.filter((n) => n !== 1));
  const at = axisOf('squeeze', x.shape, axis);
  if (x.shape[at] !== 1) throw new ShapeError('squeeze', `axis ${axis} of shape [${x.shape}]`, 'an axis of length 1');
  return x.reshape(x.shape.filter((_, i) => i !== at));
}

/**
 * Tensors of one shape and dtype as one, with a new axis at `axis` (0 by default; a negative one counts from behind the
 * last).
 * @param list [...] each
 * @returns [..., tensors, ...]
 * @throws ShapeError for no tensors, or different ones.
 */
export function stack<D extends DType>(list: readonly Tensor<D>[], axis = 0): Tensor<D> {
  const [first] = list;
  if (!first) throw new ShapeError('stack', 'no tensors', 'at least one');
  const alike = ({ shape }: Tensor): boolean => shape.length === first.shape.length && shape.every((n, i) => n === first.shape[i]);
  if (!list.every(alike)) throw new ShapeError('stack', `shapes ${list.map(({ shape }) => `[${shape}]`).join(' ')}`, 'one shape');
  const at = axisOf('stack', [...first.shape, 1], axis);
  return concat(
    list.map((x) => unsqueeze(x, at)),
    at,
  );
}

/**
 * x cut along `axis`.
 * @param x [..., n, ...]
 * @param lengths of the pieces, or one length that all have (the last one may be shorter).
 * @returns [..., length, ...] for each length
 * @throws ShapeError for lengths that do not add up to the axis.
 */
export function split<D extends DType>(x: Tensor<D>, lengths: number | readonly number[], along = 0): Tensor<D>[] {
  const axis = axisOf('split', x.shape, along);
  const total = x.shape[axis];
  if (typeof lengths === 'number' && !(Number.isInteger(lengths) && lengths > 0))
    throw new ShapeError('split', `pieces of ${lengths}`, 'a whole number of at least 1');
  const pieces =
    typeof lengths === 'number'
      ? Array.from({ length: Math.ceil(total / lengths) }, (_, i) => Math.min(lengths, total - i * lengths))
      : lengths;
  requireDimensions('split', pieces);
  if (pieces.reduce((sum, n) => sum + n, 0) !== total)
    throw new ShapeError('split', `lengths [${pieces}] along axis ${axis} of [${x.shape}]`, `lengths that add up to ${total}`);
  let from = 0;
  return pieces.map((length) => {
    from += length;
    return slice(x, axis, from - length, from);
  });
}
