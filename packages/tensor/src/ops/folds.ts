/**
 * Reductions beside sums: extremes and their places, truths, variances, log-sum-exp; along an axis or over everything.
 */
import { FOLD, FOLD_SECOND, type FoldShape, fold, foldSpread, foldStages, ORDER, SPREAD, STATE_WORDS } from '@coxswain/kernels';
import { noGradient, op } from '../autograd.js';
import { requireDType, requireNotNegative } from '../checks.js';
import { ShapeError } from '../errors.js';
import type { LaunchOptions } from '../launch.js';
import type { DType, Tensor } from '../tensor.js';
import { type AxisView, viewAlong } from './axis.js';

const MOVED: LaunchOptions = { bits: ['x', 'out', 'second'] };

type Whole = Parameters<typeof foldStages>[0];

/** Launches the one or two stages of a fold; `second` where it is asked for. */
function launchFold(x: Tensor, out: Tensor, second: Tensor | undefined, whole: Whole): void {
  if (out.size === 0) return;
  const { device } = x;
  const stages: readonly FoldShape[] = foldStages(whole, device.traits);
  let states = device.dummy;
  for (const stage of stages) {
    const joint = stage.toStates ? device.empty([stage.outer * stage.parts * stage.inner * STATE_WORDS], 'u32') : device.dummy;
    const results = stage.toStates ? { out: device.dummy, second: device.dummy } : { out, second: second ?? device.dummy };
    device.dispatch(fold, stage, { x, states, joint, ...results }, { bits: [...(MOVED.bits ?? []), 'states', 'joint'] });
    states = joint;
  }
}

const sizes = ({ outer, axis, inner }: AxisView): Pick<AxisView, 'outer' | 'axis' | 'inner'> => ({ outer, axis, inner });

function requireElements(operation: string, x: Tensor, view: AxisView): void {
  if (view.axis === 0) throw new ShapeError(operation, `shape [${x.shape}]`, 'at least one element to choose from');
}

function extreme<D extends DType>(name: 'max' | 'min', x: Tensor<D>, axis?: number): Tensor<D> {
  const { device } = x;
  const view = viewAlong(name, x, axis);
  requireElements(name, x, view);
  const out = device.empty(view.dropped, x.dtype);
  const count = x.requiresGradient ? device.empty(view.dropped, 'u32') : undefined;
  const operation = name === 'max' ? FOLD.maximum : FOLD.minimum;
  const second = count ? FOLD_SECOND.count : FOLD_SECOND.none;
  launchFold(x, out, count, { operation, second, order: ORDER[x.dtype], ...sizes(view), scale: 1 });
  op(name, [x], [out], ([g]) => [spread(SPREAD.extreme, x, out, count ?? device.dummy, g as Tensor, view, 1)], { saves: [x, out] });
  return out;
}

function spread(operation: number, x: Tensor, out: Tensor, second: Tensor, dout: Tensor, view: AxisView, scale: number): Tensor {
  const dx = x.device.empty(x.shape);
  if (x.size > 0) x.device.dispatch(foldSpread, { operation, ...sizes(view), scale }, { x, out, second, dout, dx }, MOVED);
  return dx;
}

/**
 * The largest element along `axis` (dropped from the shape), or of everything (shape [1]); NaN where there is one. Any
 * dtype. Its gradient is shared evenly by all elements equal to it, as in PyTorch's `amax`; it is NaN all along where
 * the largest is NaN.
 * @param x [..., n, ...]
 * @returns [...] without the axis, or [1]
 * @throws ShapeError for an axis of no elements.
 */
export const max = <D extends DType>(x: Tensor<D>, axis?: number): Tensor<D> => extreme('max', x, axis);

/**
 * The smallest element, otherwise as `max`.
 * @param x [..., n, ...]
 * @returns [...] without the axis, or [1]
 */
export const min = <D extends DType>(x: Tensor<D>, axis?: number): Tensor<D> => extreme('min', x, axis);

function place(name: 'argmax' | 'argmin', x: Tensor, axis?: number): Tensor<'u32'> {
  const { device } = x;
  const view = viewAlong(name, x, axis);
  requireElements(name, x, view);
  const index = device.empty(view.dropped, 'u32');
  const operation = name === 'argmax' ? FOLD.maximum : FOLD.minimum;
  // The extremes themselves are not asked for.
  const out = device.empty(view.dropped, x.dtype);
  launchFold(x, out, index, { operation, second: FOLD_SECOND.index, order: ORDER[x.dtype], ...sizes(view), scale: 1 });
  noGradient(name, { x }, [index]);
  return index;
}

/**
 * Where the largest element along `axis` lies (u32, the axis dropped), or in all of x row by row (shape [1]). The first
 * of equal ones; NaN counts as the largest. Any dtype. It has no gradient.
 * @returns [...] without the axis, or [1]
 * @throws ShapeError for an axis of no elements.
 */
export const argmax = (x: Tensor, axis?: number): Tensor<'u32'> => place('argmax', x, axis);

/**
 * Where the smallest element lies; the first NaN where there is one. Otherwise as `argmax`.
 * @param x [..., n, ...]
 * @returns [...] without the axis, or [1]
 */
export const argmin = (x: Tensor, axis?: number): Tensor<'u32'> => place('argmin', x, axis);

function truth<D extends DType>(name: 'any' | 'all', x: Tensor<D>, axis?: number): Tensor<D> {
  const view = viewAlong(name, x, axis);
  const out = x.device.empty(view.dropped, x.dtype);
  launchFold(x, out, undefined, { operation: FOLD[name], second: FOLD_SECOND.none, order: ORDER[x.dtype], ...sizes(view), scale: 1 });
  noGradient(name, { x }, [out]);
  return out;
}

/**
 * 1 where any element along `axis` (dropped), or of everything (shape [1]), is not 0, else 0; of the dtype of `x`. NaN
 * is not 0; of no elements the answer is 0. It has no gradient.
 * @param x [..., n, ...]
 * @returns [...] without the axis, or [1]
 */
export const any = <D extends DType>(x: Tensor<D>, axis?: number): Tensor<D> => truth('any', x, axis);

/**
 * 1 where all elements are not 0, also where there are none; otherwise as `any`.
 * @param x [..., n, ...]
 * @returns [...] without the axis, or [1]
 */
export const all = <D extends DType>(x: Tensor<D>, axis?: number): Tensor<D> => truth('all', x, axis);

function moment(name: 'variance' | 'standardDeviation', x: Tensor, axis: number | undefined, correction: number): Tensor<'f32'> {
  const { device } = x;
  const view = viewAlong(name, x, axis);
  requireDType(name, 'a tensor', x, 'f32');
  requireNotNegative(name, 'correction', correction);
  if (view.axis <= correction)
    throw new ShapeError(name, `${view.axis} elements with a correction of ${correction}`, 'more elements than the correction');
  const [out, means] = [device.empty(view.dropped), device.empty(view.dropped)];
  const scale = 1 / (view.axis - correction);
  const operation = name === 'variance' ? FOLD.variance : FOLD.deviation;
  launchFold(x, out, means, { operation, second: FOLD_SECOND.none, order: ORDER.f32, ...sizes(view), scale });
  const backward = (g: Tensor): Tensor =>
    name === 'variance'
      ? spread(SPREAD.variance, x, out, means, g, view, 2 * scale)
      : spread(SPREAD.deviation, x, out, means, g, view, scale);
  op(name, [x], [out], ([g]) => [backward(g as Tensor)], { saves: [x, out] });
  return out;
}

/**
 * Variance along `axis` (dropped), or of everything (shape [1]): squared deviations from the mean over n −
 * `correction`, summed without cancellation (Welford). f32.
 * @param x [..., n, ...]
 * @param correction 1 (the default) for the unbiased estimate, 0 for the mean of the squares.
 * @returns [...] without the axis, or [1]
 * @throws ShapeError for an axis of no more elements than the correction.
 */
export const variance = (x: Tensor, axis?: number, correction = 1): Tensor<'f32'> => moment('variance', x, axis, correction);

/**
 * The square root of `variance`; its gradient is 0 where it is 0, as in PyTorch's `std`.
 * @param x [..., n, ...]
 * @returns [...] without the axis, or [1]
 */
export const standardDeviation = (x: Tensor, axis?: number, correction = 1): Tensor<'f32'> =>
  moment('standardDeviation', x, axis, correction);

/**
 * log Σ exp(x) along `axis` (dropped), or over everything (shape [1]), without overflow; −∞ of no elements or of −∞
 * alone. f32. Its gradient is the softmax.
 * @param x [..., n, ...]
 * @returns [...] without the axis, or [1]
 */
export function logSumExp(x: Tensor, axis?: number): Tensor<'f32'> {
  const { device } = x;
  const view = viewAlong('logSumExp', x, axis);
  requireDType('logSumExp', 'a tensor', x, 'f32');
  const out = device.empty(view.dropped);
  launchFold(x, out, undefined, { operation: FOLD.logSumExp, second: FOLD_SECOND.none, order: ORDER.f32, ...sizes(view), scale: 1 });
  op('logSumExp', [x], [out], ([g]) => [spread(SPREAD.logSumExp, x, out, device.dummy, g as Tensor, view, 1)], { saves: [x, out] });
  return out;
}
