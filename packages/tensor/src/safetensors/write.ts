/** Writing safetensors files, whole or a tensor at a time. */
import { CheckpointError, ShapeError } from '../errors.js';
import { type Dimensions, sizeOf } from '../tensor.js';
import { asFloat32, asFloat64 } from './convert.js';
import { ARRAYS, DTYPES, dtypeOf, type FloatDtype, isFloat, type SafeArray, type SafeDtype, type SafeTensor } from './dtypes.js';
import { LARGEST_HEADER, LENGTH_BYTES, METADATA } from './header.js';
import { isWellFormed } from './json-scanner.js';
import { packSmall } from './small-floats.js';

/** What the header says of a tensor to be written. */
export interface TensorPlan {
  readonly shape: Dimensions;
  readonly dtype: SafeDtype;
}

export interface WriteOptions {
  /** The dtype of all `Float32Array` and `Float64Array` data that has none of its own: BF16 and F16 halve a file. */
  readonly floats?: FloatDtype;
}

/** Data starts at a multiple of 8 bytes so that readers may map it. */
const ALIGNMENT = 8;

const bytesOf = ({ shape, dtype }: TensorPlan): number => sizeOf(shape) * ARRAYS[dtype].BYTES_PER_ELEMENT;

/**
 * Wide dtypes first, as the reference does, so that every tensor starts at a multiple of its numbers' size; in the
 * order given else.
 */
function inOrder<T extends TensorPlan>(plans: ReadonlyMap<string, T>): [string, T][] {
  return [...plans].sort(([, a], [, b]) => ARRAYS[b.dtype].BYTES_PER_ELEMENT - ARRAYS[a.dtype].BYTES_PER_ELEMENT);
}

/** @throws ShapeError for a name or a shape that no header can hold. */
function checkPlan(name: string, { shape, dtype }: TensorPlan): void {
  if (!DTYPES.includes(dtype))
    throw new CheckpointError('writeSafetensors', `dtype ${dtype} of "${name}"`, DTYPES.join(', '), 'convert it');
  if (name === METADATA || !isWellFormed(name))
    throw new ShapeError('writeSafetensors', `the name ${JSON.stringify(name)}`, `whole characters, and not ${METADATA}`);
  if (!shape.every((n) => Number.isSafeInteger(n) && n >= 0))
    throw new ShapeError('writeSafetensors', `"${name}" [${shape}]`, 'a shape of non-negative integers');
}

/** Everything before the data: the header's length, and the header. */
function headerOf(ordered: readonly [string, TensorPlan][], metadata: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
  const described = Object.entries(metadata);
  for (const [name, text] of described)
    if (typeof text !== 'string' || !isWellFormed(name + text))
      throw new ShapeError('writeSafetensors', `metadata ${JSON.stringify(name)}: ${JSON.stringify(text)}`, 'strings of whole characters');
  // Not by way of an object, which would put names that look like numbers first.
  const members = described.length ? [`"${METADATA}":${JSON.stringify(metadata)}`] : [];
  let at = 0;
  for (const [name, plan] of ordered) {
    checkPlan(name, plan);
    const end = at + bytesOf(plan);
    members.push(`${JSON.stringify(name)}:{"dtype":"${plan.dtype}","shape":[${plan.shape}],"data_offsets":[${at},${end}]}`);
    at = end;
  }
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const length = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  if (length > LARGEST_HEADER)
    throw new ShapeError('writeSafetensors', `a header of ${length} bytes`, `at most ${LARGEST_HEADER}: fewer tensors, or less metadata`);
  const bytes = new Uint8Array(LENGTH_BYTES + length).fill(0x20, LENGTH_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, LENGTH_BYTES);
  return bytes;
}

/** A tensor's numbers as the file holds them: as they are, or floating-point ones rounded to the dtype. */
function encoded(name: string, { shape, dtype }: TensorPlan, data: SafeArray): Uint8Array {
  if (sizeOf(shape) !== data.length)
    throw new ShapeError('writeSafetensors', `${data.length} numbers as "${name}" [${shape}]`, 'as many as the shape says');
  const array = data instanceof ARRAYS[dtype] ? data : rounded(name, dtype, data);
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function rounded(name: string, dtype: SafeDtype, data: SafeArray): SafeArray {
  const from = dtypeOf({ data });
  // Bits of a Uint16Array could be numbers of F16 or BF16; only what is surely meant is converted.
  if (!isFloat(dtype) || !isFloat(from))
    throw new CheckpointError('writeSafetensors', `${from} data as ${dtype} "${name}"`, ARRAYS[dtype].name, 'convert the array first');
  if (dtype === 'F32') return asFloat32({ data });
  if (dtype === 'F64') return asFloat64({ data });
  return packSmall(data as Float32Array | Float64Array, dtype);
}

function planOf({ shape, data, dtype }: SafeTensor, floats: FloatDtype | undefined): TensorPlan {
  const plain = dtypeOf({ data });
  return { shape, dtype: dtype ?? (isFloat(plain) ? (floats ?? plain) : plain) };
}

/**
 * The bytes of a safetensors file. Equal maps give equal bytes, and what was read from a file that the reference
 * implementation wrote gives that file again.
 * @throws ShapeError for shapes that are not the data's, and for names and metadata that no header can hold;
 * CheckpointError for arrays that are not of their dtype.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, SafeTensor>,
  metadata: Readonly<Record<string, string>> = {},
  { floats }: WriteOptions = {},
): Uint8Array<ArrayBuffer> {
  const ordered = inOrder(new Map([...tensors].map(([name, tensor]) => [name, planOf(tensor, floats)])));
  const header = headerOf(ordered, metadata);
  const bytes = new Uint8Array(ordered.reduce((sum, [, plan]) => sum + bytesOf(plan), header.length));
  bytes.set(header);
  let at = header.length;
  for (const [name, plan] of ordered) {
    const data = encoded(name, plan, (tensors.get(name) as SafeTensor).data);
    bytes.set(data, at);
    at += data.length;
  }
  return bytes;
}

/**
 * A safetensors file in chunks, for one that is larger than memory would like: first the header, then each tensor,
 * asked for when its turn comes. The same bytes as `writeSafetensors`.
 * @param plans shapes and dtypes by name, all that the header needs.
 * @param give the numbers of a tensor: in the dtype's array, or floating-point ones to be rounded to it. Asked wide
 * dtypes first.
 * @throws as `writeSafetensors`, in the middle too; what was written so far is no file then.
 */
export async function* streamSafetensors(
  plans: ReadonlyMap<string, TensorPlan>,
  give: (name: string, plan: TensorPlan) => SafeArray | Promise<SafeArray>,
  metadata: Readonly<Record<string, string>> = {},
): AsyncGenerator<Uint8Array, void> {
  const ordered = inOrder(plans);
  yield headerOf(ordered, metadata);
  for (const [name, plan] of ordered) yield encoded(name, plan, await give(name, plan));
}
