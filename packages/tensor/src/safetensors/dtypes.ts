/** The dtypes of safetensors files and the arrays that hold them. */
import { CheckpointError } from '../errors.js';
import type { Dimensions } from '../tensor.js';

/**
 * Dtypes that can be read and written, by the reference implementation's names, each with the array that holds its
 * numbers as the file does: F16 and BF16 as their bits, BOOL as bytes 0 and 1.
 */
export const ARRAYS = {
  F32: Float32Array,
  F64: Float64Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U64: BigUint64Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

export type SafeDtype = keyof typeof ARRAYS;
export type SafeArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;
export const DTYPES = Object.keys(ARRAYS) as readonly SafeDtype[];

/** Dtypes of the numbers that can be rounded to each other when they are written. */
export const FLOATS = ['F32', 'F64', 'F16', 'BF16'] as const;
export type FloatDtype = (typeof FLOATS)[number];
export const isFloat = (dtype: SafeDtype): dtype is FloatDtype => FLOATS.includes(dtype as FloatDtype);

/** What an array holds where nothing else is said: a `Uint16Array` holds U16 and a `Uint8Array` U8. */
const PLAIN = ['F32', 'F64', 'I64', 'I32', 'I16', 'I8', 'U64', 'U32', 'U16', 'U8'] as const satisfies readonly SafeDtype[];

export interface SafeTensor {
  readonly shape: Dimensions;
  readonly data: SafeArray;
  /**
   * Its dtype in the file. Where it is absent the array says it; needed for F16, BF16 and BOOL. Of `Float32Array` and
   * `Float64Array` F16, BF16, F32 and F64 are rounded to when they are written.
   */
  readonly dtype?: SafeDtype;
}

/** A tensor of a file: its dtype, and the array that holds it as the file does. */
export type StoredTensor = SafeTensor & { readonly dtype: SafeDtype };

/** The dtype of the numbers in a tensor's array. @throws CheckpointError for an array that no dtype has. */
export function dtypeOf({ data, dtype }: Pick<SafeTensor, 'data' | 'dtype'>): SafeDtype {
  if (dtype && data instanceof ARRAYS[dtype]) return dtype;
  const plain = PLAIN.find((name) => data instanceof ARRAYS[name]);
  if (!plain) throw new CheckpointError('safetensors', data.constructor.name, DTYPES.join(', '), 'convert the array first');
  return plain;
}
