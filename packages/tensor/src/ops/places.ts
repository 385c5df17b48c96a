/**
 * Elements and rows by their places, and sums into places. What is out of range is never read; each function says what
 * stands for it.
 */
import { flatIndex, type TakeShape, takeAlong, takeAlongBackward } from '@coxswain/kernels';
import { op } from '../autograd.js';
import { axisOf, requireDType } from '../checks.js';
import { ShapeError } from '../errors.js';
import type { LaunchOptions } from '../launch.js';
import { type DType, sizeOf, type Tensor } from '../tensor.js';
import { gatherRows } from './shape.js';
import { addedRows } from './sorted.js';
import { permute } from './views.js';

const MOVED: LaunchOptions = { bits: ['x', 'out'] };

/** Places along an axis from which their gradient sorts them, instead of everybody looking through all. */
const SORTED_FROM = 64;

/** A quiet NaN: what an f32 is where there is none, so that it cannot pass for a number. */
const NAN_BITS = 0x7fc00000;

/** Fields of taking along `axis`, with places as many as `index` has there. */
function takeFields(x: Tensor, axis: number, time: number): Omit<TakeShape, 'indexOuter' | 'indexTime' | 'indexInner'> {
  const [outer, inner] = [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis + 1))];
  return { outer, axis: x.shape[axis], time, inner, missing: x.dtype === 'f32' ? NAN_BITS : 0 };
}

/**
 * out[…, t, …] = x[…, index[…, t, …], …]: along `axis`, an element of x for each of `index`. Any dtype. A place past
 * the end of the axis gives NaN (0 where x is of integers), and its gradient goes nowhere.
 * @param x [..., n, ...]
 * @param index u32, of the shape of x but for its length along `axis`.
 * @returns [..., m, ...]
 * @throws ShapeError for other shapes or another dtype of the index.
 */
export function takeAlongAxis<D extends DType>(x: Tensor<D>, index: Tensor, along: number): Tensor<D> {
  const axis = axisOf('takeAlongAxis', x.shape, along);
  requireDType('takeAlongAxis', 'index', index, 'u32');
  if (index.shape.length !== x.shape.length || !index.shape.every((n, i) => i === axis || n === x.shape[i]))
    throw new ShapeError('takeAlongAxis', `index [${index.shape}] into [${x.shape}]`, `equal sizes but along axis ${axis}`);
  const fields = takeFields(x, axis, index.shape[axis]);
  const shape = { ...fields, indexOuter: fields.time * fields.inner, indexTime: fields.inner, indexInner: 1 };
  const out = x.device.empty(index.shape, x.dtype);
  take(x, index, out, shape);
  op('takeAlongAxis', [x], [out], ([g]) => [takeBack(x, index, g as Tensor, shape)], { saves: [index] });
  return out;
}

function take(x: Tensor, index: Tensor, out: Tensor, shape: TakeShape): void {
  if (out.size > 0) x.device.dispatch(takeAlong, shape, { x: x.size > 0 ? x : x.device.dummy, index, out }, MOVED);
}

/** The gradient of taking: by looking through all places where they are few, else by a sort of them. */
function takeBack(x: Tensor, index: Tensor, dout: Tensor, shape: TakeShape): Tensor {
  const { device } = x;
  if (dout.size === 0 || x.size === 0) return device.zeros(x.shape);
  if (shape.time < SORTED_FROM) {
    const dx = device.empty(x.shape);
    device.dispatch(takeAlongBackward, shape, { dout, index, dx });
    return dx;
  }
  const flat = device.empty([dout.size], 'u32');
  device.dispatch(flatIndex, shape, { index, flat });
  return addedRows(undefined, flat, dout, x.size, 1).reshape(x.shape);
}

/**
 * out[…, t, …] = x[…, index[t], …]: slices of x across `axis`, in any order and number. Any dtype. A place past the end
 * of the axis gives NaN (0 where x is of integers). Its gradient sums slices that were taken more than once, as
 * `scatterAdd`.
 * @param x [..., n, ...]
 * @param index u32 [m].
 * @returns [..., m, ...]
 */
export function indexSelect<D extends DType>(x: Tensor<D>, index: Tensor, along = 0): Tensor<D> {
  const axis = axisOf('indexSelect', x.shape, along);
  requireDType('indexSelect', 'index', index, 'u32');
  if (index.shape.length !== 1) throw new ShapeError('indexSelect', `index [${index.shape}]`, 'one axis');
  const out = x.device.empty(
    x.shape.map((n, i) => (i === axis ? index.size : n)),
    x.dtype,
  );
  take(x, index, out, { ...takeFields(x, axis, index.size), indexOuter: 0, indexTime: 1, indexInner: 0 });
  const first = [axis, ...x.shape.keys()].filter((n, i) => i === 0 || n !== axis);
  const backward = (g: Tensor): Tensor => {
    if (g.size === 0 || x.size === 0) return x.device.zeros(x.shape);
    const columns = x.size / x.shape[axis];
    const rows = axis === 0 ? g : permute(g, first);
    const sums = addedRows(undefined, index, rows, x.shape[axis], columns).reshape(first.map((n) => x.shape[n]));
    return axis === 0
      ? sums
      : permute(
          sums,
          first.map((_, i) => first.indexOf(i)),
        );
  };
  op('indexSelect', [x], [out], ([g]) => [backward(g as Tensor)], { saves: [index] });
  return out;
}

/**
 * x with rows added to it: out[n, …] = x[n, …] + Σ rows[i, …] over all i with index[i] = n. Sums have one order, that
 * of i: the same bits each time, without atomics. It sorts the index first (m log² m for m of them), and a row that
 * many name is summed by few invocations. f32.
 * @param x [rows, ...]
 * @param index u32 [m]; one past the last row of x adds nothing.
 * @param rows [m, …x.shape.slice(1)]; its gradient is `gatherRows` of that of the result.
 * @returns [rows, ...]
 */
export function scatterAdd(x: Tensor, index: Tensor, rows: Tensor): Tensor<'f32'> {
  requireDType('scatterAdd', 'x', x, 'f32');
  requireDType('scatterAdd', 'index', index, 'u32');
  requireDType('scatterAdd', 'rows', rows, 'f32');
  const fits = rows.shape.length === x.shape.length && x.shape.every((n, i) => rows.shape[i] === (i === 0 ? index.size : n));
  if (x.shape.length === 0 || index.shape.length !== 1 || !fits)
    throw new ShapeError(
      'scatterAdd',
      `rows [${rows.shape}] by index [${index.shape}] into [${x.shape}]`,
      `an index a row, rows like those of x`,
    );
  const out =
    rows.size === 0 || x.size === 0
      ? (x as Tensor<'f32'>).reshape(x.shape)
      : addedRows(x, index, rows, x.shape[0], x.size / x.shape[0]).reshape(x.shape);
  const backward = (g: Tensor): (Tensor | null)[] => [g, rows.requiresGradient ? gatherRows(g, index) : null];
  if (rows.size > 0 && x.size > 0) op('scatterAdd', [x, rows], [out], ([g]) => backward(g as Tensor), { saves: [index] });
  return out;
}
