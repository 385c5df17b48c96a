/**
 * Reading safetensors files (https://github.com/huggingface/safetensors#format): whole ones, or large ones a tensor at
 * a time.
 */
import { CheckpointError, ShapeError } from '../errors.js';
import { ARRAYS, type SafeArray, type StoredTensor } from './dtypes.js';
import { failureIn, Header, headerLength, LENGTH_BYTES, type TensorInfo } from './header.js';

export interface SafeTensors {
  /** In the order of their data. */
  readonly tensors: Map<string, StoredTensor>;
  /** The header's `__metadata__`: text by name. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Numbers in some bytes of memory; a copy of them where they do not begin at a multiple of the numbers' size. */
function arrayOf({ dtype, to, from }: TensorInfo, { buffer, byteOffset }: Uint8Array): SafeArray {
  const array = ARRAYS[dtype];
  const bytes = to - from;
  if (byteOffset % array.BYTES_PER_ELEMENT === 0) return new array(buffer as ArrayBuffer, byteOffset, bytes / array.BYTES_PER_ELEMENT);
  return new array((buffer as ArrayBuffer).slice(byteOffset, byteOffset + bytes));
}

/**
 * Reads a safetensors file. Numbers come as they are in the file (`asFloat32` converts them), in arrays that share one
 * copy of its data.
 * @param what names the file in errors.
 * @throws CheckpointError for anything that the reference implementation refuses: a file that is truncated or
 * oversized, tensors that overlap, names that are there twice; and for dtypes that are not supported, by name.
 */
export function readSafetensors(bytes: Uint8Array, what = 'safetensors file'): SafeTensors {
  const length = headerLength(bytes.subarray(0, LENGTH_BYTES), bytes.length, failureIn(what));
  const body = LENGTH_BYTES + length;
  const header = new Header(bytes.subarray(LENGTH_BYTES, body), bytes.length - body, what);
  // Node's Buffer overrides `slice` with a view into a shared pool; this copies whatever it is given.
  const data = new Uint8Array(bytes.subarray(body));
  const tensors = new Map<string, StoredTensor>();
  for (let place = 0; place < header.size; place++) {
    const info = header.info(place);
    const { dtype, shape, from } = info;
    tensors.set(header.name(place), { dtype, shape, data: arrayOf(info, new Uint8Array(data.buffer, from)) });
  }
  return { tensors, metadata: header.metadata };
}

/** Bytes that can be read anywhere: a file, or a web server that knows ranges. */
export interface ByteSource {
  /** Bytes in all. */
  readonly size: number;
  /** @returns exactly these bytes, in memory that is not used again. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A safetensors file of which only the header is in memory. */
export class SafetensorsReader {
  readonly #header: Header;

  /** For `openSafetensors`. @param body where the data begins. */
  constructor(
    private readonly source: ByteSource,
    header: Header,
    private readonly body: number,
    private readonly what: string,
  ) {
    this.#header = header;
  }

  /** Tensors in the file. */
  get size(): number {
    return this.#header.size;
  }

  get metadata(): Readonly<Record<string, string>> {
    return this.#header.metadata;
  }

  /** In the order of their data. */
  *names(): Generator<string, void> {
    for (let place = 0; place < this.size; place++) yield this.#header.name(place);
  }

  /** Dtype, shape and place of a tensor; nothing where there is none of this name. */
  info(name: string): TensorInfo | undefined {
    return this.#header.find(name);
  }

  /**
   * Reads one tensor: its numbers as they are in the file (`asFloat32` converts them).
   * @throws ShapeError where there is none of this name, CheckpointError where the source gives other than the bytes
   * asked for.
   */
  async read(name: string): Promise<StoredTensor> {
    const info = this.info(name);
    if (!info) throw new ShapeError(this.what, `tensor "${name}"`, `one of its ${this.size} tensors, see names()`);
    const { dtype, shape, from, to } = info;
    // Not every source can give nothing.
    const bytes = to > from ? await this.source.read(this.body + from, to - from) : new Uint8Array(0);
    checkRead(bytes, to - from, `tensor "${name}"`, this.what);
    return { dtype, shape, data: arrayOf(info, bytes) };
  }

  /** All tensors, one at a time, in the order of their data. */
  async *tensors(): AsyncGenerator<[name: string, tensor: StoredTensor], void> {
    for (const name of this.names()) yield [name, await this.read(name)];
  }
}

/** A source is someone else's code: what it gives is checked. */
function checkRead(bytes: Uint8Array, wanted: number, part: string, what: string): void {
  if (bytes.length === wanted) return;
  const remedy = 'The file was cut short while it was read, or its source gives other bytes than it is asked for';
  throw new CheckpointError(what, `${bytes.length} bytes of ${part}`, `${wanted}`, remedy);
}

/**
 * Reads the header of a safetensors file; its tensors then come one at a time.
 * @param what names the file in errors.
 * @throws CheckpointError like `readSafetensors`.
 */
export async function openSafetensors(source: ByteSource, what = 'safetensors file'): Promise<SafetensorsReader> {
  const read = async (offset: number, wanted: number, part: string): Promise<Uint8Array> => {
    const bytes = await source.read(offset, wanted);
    checkRead(bytes, wanted, part, what);
    return bytes;
  };
  const start = await read(0, Math.min(LENGTH_BYTES, source.size), 'its start');
  const length = headerLength(start, source.size, failureIn(what));
  const body = LENGTH_BYTES + length;
  const header = new Header(await read(LENGTH_BYTES, length, 'its header'), source.size - body, what);
  return new SafetensorsReader(source, header, body, what);
}
