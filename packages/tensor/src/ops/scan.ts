/** Scans along an axis: running sums and maxima, and linear recurrences. */
import { linearGradientScan, linearScan, maxScan, type Scan, type ScanShape, scanChunks, sumScan } from '@coxswain/kernels';
import { op } from '../autograd.js';
import { axisOf } from '../checks.js';
import { ShapeError } from '../errors.js';
import { sizeOf, type Tensor } from '../tensor.js';

type Axis = Pick<ScanShape, 'outer' | 'time' | 'width'>;

/** Launches a scan: what each chunk of a long axis comes to first, then the scan. */
function launchScan(
  { totals, scan }: Scan,
  axis: Axis & Pick<ScanShape, 'reverse' | 'initial'>,
  inputs: Readonly<Record<string, Tensor>>,
  outputs: Readonly<Record<string, Tensor>>,
): void {
  const { device } = Object.values(inputs)[0];
  const shape = { ...axis, chunks: scanChunks(axis, device.traits) };
  if (sizeOf([axis.outer, axis.time, axis.width]) === 0) return;
  const needed = totals.lengths?.(shape, device.traits).totals ?? 0;
  const carried = needed > 0 ? device.empty([needed]) : device.dummy;
  if (needed > 0) device.dispatch(totals, shape, { ...inputs, totals: carried });
  device.dispatch(scan, shape, { ...inputs, totals: carried, ...outputs });
}

function alongAxis(operation: string, x: Tensor, axis: number): Axis {
  const at = axisOf(operation, x.shape, axis);
  if (x.dtype !== 'f32') throw new ShapeError(operation, `${x.dtype} [${x.shape}]`, 'f32');
  return { outer: sizeOf(x.shape.slice(0, at)), time: x.shape[at], width: sizeOf(x.shape.slice(at + 1)) };
}

function scanned(scan: Scan, axis: Axis, reverse: boolean, x: Tensor): Tensor<'f32'> {
  const out = x.device.empty(x.shape);
  launchScan(scan, { ...axis, reverse: reverse ? 1 : 0, initial: 0 }, { x }, { out });
  return out;
}

/**
 * Sums so far along an axis, the element itself included (torch.cumsum); `reverse` sums from the last element on.
 * Differentiable.
 * @returns the shape of `x`
 * @throws ShapeError for an axis that it has not, or another dtype than f32.
 */
export function cumsum(x: Tensor, axis = -1, { reverse = false }: { readonly reverse?: boolean } = {}): Tensor<'f32'> {
  const along = alongAxis('cumsum', x, axis);
  const out = scanned(sumScan, along, reverse, x);
  op('cumsum', [x], [out], ([g]) => [scanned(sumScan, along, !reverse, g as Tensor)]);
  return out;
}

/**
 * The largest element so far along an axis (the values of torch.cummax), NaN from the first NaN on. Without a gradient.
 * @returns the shape of `x`
 * @throws ShapeError for an axis that it has not, or another dtype than f32.
 */
export function cummax(x: Tensor, axis = -1): Tensor<'f32'> {
  return scanned(maxScan, alongAxis('cummax', x, axis), false, x);
}

export interface LinearRecurrenceInputs {
  /** [batch, time, width]: what is left of the state at a step. */
  readonly a: Tensor;
  /** [batch, time, width]: what is added. */
  readonly b: Tensor;
  /** [batch, width]: the state before the first step; zero when absent. */
  readonly h0?: Tensor;
}

/**
 * h_t = a_t h_{t−1} + b_t along time, elementwise: the recurrence of minGRU, of RG-LRU and of diagonal state spaces.
 * Differentiable in all.
 * @returns the state after each step, [batch, time, width]
 * @throws ShapeError where shapes or dtypes do not fit together.
 */
export function linearRecurrence({ a, b, h0 }: LinearRecurrenceInputs): Tensor<'f32'> {
  const { device } = a;
  if (a.shape.length !== 3) throw new ShapeError('linearRecurrence', `a [${a.shape}]`, '[batch, time, width]');
  const axis = alongAxis('linearRecurrence', a, 1);
  const start = [axis.outer, axis.width];
  if (String(b.shape) !== String(a.shape) || b.dtype !== 'f32')
    throw new ShapeError('linearRecurrence', `b ${b.dtype} [${b.shape}]`, `f32 [${a.shape}]`);
  if (h0 && (h0.size !== sizeOf(start) || h0.dtype !== 'f32'))
    throw new ShapeError('linearRecurrence', `h0 ${h0.dtype} [${h0.shape}]`, `f32 [${start}]`);
  const initial = h0 ? 1 : 0;
  const given = { a, h0: h0 ?? device.dummy };
  const h = device.empty(a.shape);
  launchScan(linearScan, { ...axis, reverse: 0, initial }, { ...given, b }, { h });
  op('linearRecurrence', [a, b, ...(h0 ? [h0] : [])], [h], ([dh]) => {
    const [da, db, dh0] = [device.empty(a.shape), device.empty(b.shape), device.empty(start)];
    launchScan(linearGradientScan, { ...axis, reverse: 1, initial }, { ...given, h, dh: dh as Tensor }, { da, db, dh0 });
    return [da, db, ...(h0 ? [dh0.reshape(h0.shape)] : [])];
  });
  return h;
}
