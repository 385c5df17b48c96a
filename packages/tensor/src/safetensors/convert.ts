/** Numbers of any dtype as those that one computes with. */
import { CheckpointError } from '../errors.js';
import { dtypeOf, FLOATS, isFloat, type SafeArray, type SafeDtype, type SafeTensor } from './dtypes.js';
import { unpackBf16, unpackF16 } from './small-floats.js';

/** Bits that a number of 64 has more than a double. */
const SPARE = 11n;

/**
 * A 64-bit integer in single precision. A double on the way would round a second time, so what it would cut off is kept
 * as its last bit.
 */
function singleOf(value: bigint): number {
  const size = value < 0n ? -value : value;
  if (size <= BigInt(Number.MAX_SAFE_INTEGER)) return Math.fround(Number(value));
  const kept = (size >> SPARE) | (size & ((1n << SPARE) - 1n) ? 1n : 0n);
  return Math.fround(Number(kept)) * 2 ** Number(SPARE) * (value < 0n ? -1 : 1);
}

const truth = (byte: number): number => (byte === 0 ? 0 : 1);

/**
 * A tensor's numbers in single precision, each rounded once to the nearest: its own array where that is what it holds
 * (F32), a new one otherwise. F16 and BF16 come exactly; numbers too large become infinite; BOOL gives 0 and 1.
 */
export function asFloat32(tensor: Pick<SafeTensor, 'data' | 'dtype'>): Float32Array {
  const { data } = tensor;
  const dtype = dtypeOf(tensor);
  if (data instanceof Float32Array) return data;
  if (dtype === 'F16') return unpackF16(data as Uint16Array);
  if (dtype === 'BF16') return unpackBf16(data as Uint16Array);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float32Array.from(data as ArrayLike<bigint>, singleOf);
  const numbers = data as ArrayLike<number>;
  return dtype === 'BOOL' ? Float32Array.from(numbers, truth) : Float32Array.from(numbers);
}

/**
 * A tensor's numbers in double precision: exactly, but for I64 and U64 beyond 2⁵³, which are rounded to the nearest. As
 * `asFloat32` otherwise.
 */
export function asFloat64(tensor: Pick<SafeTensor, 'data' | 'dtype'>): Float64Array {
  const { data } = tensor;
  if (data instanceof Float64Array) return data;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float64Array.from(data as ArrayLike<bigint>, Number);
  const dtype = dtypeOf(tensor);
  const numbers = dtype === 'F16' || dtype === 'BF16' ? asFloat32(tensor) : (data as ArrayLike<number>);
  return dtype === 'BOOL' ? Float64Array.from(numbers, truth) : Float64Array.from(numbers);
}

/** A tensor by name, as whoever loads one may give it: of a file, or any numbers. */
export interface NamedNumbers {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number> | SafeArray;
  readonly dtype?: SafeDtype;
}

/**
 * Weights in single precision. @param of names them in the error.
 * @throws CheckpointError for integers and truth values: a file with these holds something else.
 */
export function weightsOf({ data, dtype }: NamedNumbers, of: string, what: string): Float32Array {
  if (!ArrayBuffer.isView(data)) return Float32Array.from(data as ArrayLike<number>);
  const tensor = { data: data as SafeArray, dtype };
  const found = dtypeOf(tensor);
  if (isFloat(found)) return asFloat32(tensor);
  throw new CheckpointError(what, `dtype ${found} of ${of}`, FLOATS.join(', '), 'Load a file that holds weights');
}
