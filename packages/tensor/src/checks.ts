/** What every entry to the library asks of what it is given; refusals name the operation and the value. */
import { ArgumentError, ShapeError } from './errors.js';
import type { Dimensions, DType, Tensor, TensorData } from './tensor.js';

const DTYPES: readonly string[] = ['f32', 'i32', 'u32'];

/** @throws ShapeError for anything but an array of whole numbers of at least 0. */
export function requireDimensions(operation: string, shape: Dimensions): void {
  if (Array.isArray(shape) && shape.every((n) => Number.isSafeInteger(n) && n >= 0)) return;
  throw new ShapeError(operation, `shape [${shape}]`, 'whole numbers of at least 0');
}

/** @throws ShapeError for a dtype that there is none of: JavaScript checks nothing. */
export function requireKnown(operation: string, dtype: DType): void {
  if (!DTYPES.includes(dtype)) throw new ShapeError(operation, `dtype ${dtype}`, DTYPES.join(', '));
}

const given = (data: unknown): string => (data as object | undefined)?.constructor?.name ?? String(data);

/** @throws ShapeError for anything but the three arrays that tensors hold: JavaScript may give any other. */
export function requireData(operation: string, data: TensorData): void {
  if (data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint32Array) return;
  const what = Array.isArray(data) ? `an Array ${JSON.stringify(data).slice(0, 60)}` : given(data);
  throw new ShapeError(operation, `data in ${what}`, 'a Float32Array, an Int32Array or a Uint32Array');
}

/** @throws ShapeError naming the tensor and what it should be. */
export function requireDType(operation: string, name: string, tensor: Tensor | undefined, dtype: DType): void {
  if (tensor && tensor.dtype !== dtype) throw new ShapeError(operation, `${name} of ${tensor.dtype}`, dtype);
}

/** The axis counted from 0. @throws ShapeError for one that the shape does not have. */
export function axisOf(operation: string, shape: Dimensions, axis: number): number {
  const at = axis < 0 ? axis + shape.length : axis;
  if (Number.isInteger(at) && at >= 0 && at < shape.length) return at;
  throw new ShapeError(operation, `axis ${axis} of shape [${shape}]`, 'an axis it has');
}

/** @throws ArgumentError unless `fits`. */
export function requireNumber(operation: string, name: string, value: number, expected: string, fits: (value: number) => boolean): void {
  if (typeof value !== 'number' || !fits(value)) throw new ArgumentError(operation, `${name} ${value}`, expected);
}

/** @throws ArgumentError for NaN, infinities and numbers that are not positive. */
export const requirePositive = (operation: string, name: string, value: number): void =>
  requireNumber(operation, name, value, 'a positive number', (x) => x > 0 && Number.isFinite(x));

/** @throws ArgumentError for NaN, infinities and negative numbers. */
export const requireNotNegative = (operation: string, name: string, value: number): void =>
  requireNumber(operation, name, value, 'a finite number of at least 0', (x) => x >= 0 && Number.isFinite(x));

/** @throws ArgumentError for NaN and infinities. */
export const requireFinite = (operation: string, name: string, value: number): void =>
  requireNumber(operation, name, value, 'a finite number', Number.isFinite);
