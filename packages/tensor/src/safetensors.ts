/** The safetensors format (https://github.com/huggingface/safetensors#format): an 8-byte header length, a JSON header, raw data. */
import { CheckpointError, ShapeError } from './errors.js';
import { type Dimensions, sizeOf } from './tensor.js';

export type SafeArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

export interface SafeTensor {
  readonly shape: Dimensions;
  readonly data: SafeArray;
}

export interface SafeTensors {
  readonly tensors: Map<string, SafeTensor>;
  /** The header's `__metadata__`: text by name. */
  readonly metadata: Readonly<Record<string, string>>;
}

const TYPES = {
  F32: { array: Float32Array, bytes: 4 },
  F64: { array: Float64Array, bytes: 8 },
  I32: { array: Int32Array, bytes: 4 },
  U32: { array: Uint32Array, bytes: 4 },
  U8: { array: Uint8Array, bytes: 1 },
} as const;

const METADATA = '__metadata__';
/** The reference implementation refuses larger headers too. */
const LARGEST_HEADER = 100_000_000;
const REMEDY = 'The file is damaged or is not a checkpoint: restore it, or train it anew';

function typeName(data: SafeArray): keyof typeof TYPES {
  const entry = Object.entries(TYPES).find(([, { array }]) => data instanceof array);
  if (!entry) throw new CheckpointError('safetensors', data.constructor.name, Object.keys(TYPES).join(', '), 'convert the array first');
  return entry[0] as keyof typeof TYPES;
}

/** The bytes of a safetensors file. Equal maps give equal bytes. */
export function writeSafetensors(tensors: ReadonlyMap<string, SafeTensor>, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  // Wide types first, as the reference does, so that every tensor starts at a multiple of its type's size.
  const ordered = [...tensors].sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  const header: [string, unknown][] = Object.keys(metadata).length ? [[METADATA, metadata]] : [];
  let at = 0;
  for (const [name, { shape, data }] of ordered) {
    if (sizeOf(shape) !== data.length || name === METADATA)
      throw new ShapeError(
        'writeSafetensors',
        `${data.length} numbers as "${name}" [${shape}]`,
        'as many as the shape says, under any other name',
      );
    header.push([name, { dtype: typeName(data), shape, data_offsets: [at, at + data.byteLength] }]);
    at += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  // Data must start at a multiple of 8 so that readers may map it.
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + at);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.fill(0x20, 8, 8 + length);
  bytes.set(json, 8);
  at = 8 + length;
  for (const [, { data }] of ordered) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a safetensors file.
 * @param what names the file in errors.
 * @throws CheckpointError for anything that is not exactly such a file: truncated, oversized, overlapping, unknown types.
 */
export function readSafetensors(bytes: Uint8Array, what = 'safetensors file'): SafeTensors {
  const fail = (value: string, expected: string): never => {
    throw new CheckpointError(what, value, expected, REMEDY);
  };
  if (bytes.length < 8) fail(`${bytes.length} bytes`, 'at least the 8 bytes of a header length');
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > LARGEST_HEADER || 8 + length > bytes.length)
    fail(`a header of ${length} bytes in a file of ${bytes.length}`, 'a header that fits the file');
  const header = parseHeader(bytes.subarray(8, 8 + length), fail);
  const body = bytes.subarray(8 + length);
  const tensors = new Map<string, SafeTensor>();
  let metadata: Record<string, string> = {};
  const spans: [number, number][] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === METADATA) {
      metadata = isTexts(entry) ? entry : fail('metadata that is not text by name', 'strings');
      continue;
    }
    const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as { dtype?: string; shape?: unknown; data_offsets?: unknown };
    if (!dtype || !Object.hasOwn(TYPES, dtype)) return fail(`tensor "${name}" of type ${dtype}`, Object.keys(TYPES).join(', '));
    const type = TYPES[dtype as keyof typeof TYPES];
    if (!isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) return fail(`tensor "${name}" without a shape or offsets`, 'both');
    const [from, to] = offsets;
    const wanted = sizeOf(shape) * type.bytes;
    if (to - from !== wanted) fail(`tensor "${name}" of ${to - from} bytes`, `${wanted} for shape [${shape}]`);
    if (to > body.length) fail(`tensor "${name}" at bytes ${from} to ${to} of ${body.length}`, 'data inside the file (it was cut short?)');
    spans.push([from, to]);
    // Node's Buffer overrides `slice` with a view into a shared pool; this copies whatever it is given.
    const copy = new Uint8Array(body.subarray(from, to));
    tensors.set(name, { shape, data: new type.array(copy.buffer) });
  }
  spans.sort((a, b) => a[0] - b[0]);
  let end = 0;
  for (const [from, to] of spans) {
    if (from !== end) fail(`a gap or overlap at byte ${end} of the data`, 'tensors side by side');
    end = to;
  }
  if (end !== body.length) fail(`${body.length - end} bytes after the last tensor`, 'none');
  return { tensors, metadata };
}

const isCounts = (value: unknown): value is number[] => Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);

const isTexts = (value: unknown): value is Record<string, string> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every((text) => typeof text === 'string');

function parseHeader(bytes: Uint8Array, fail: (value: string, expected: string) => never): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof header === 'object' && header !== null && !Array.isArray(header)) return header as Record<string, unknown>;
  } catch {
    // Falls through to the same error: text that is no JSON and JSON that is no object are equally wrong.
  }
  return fail('a header that is not a JSON object', 'the JSON header of a safetensors file');
}
