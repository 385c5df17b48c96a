/**
 * The header of a safetensors file: parsed, and checked as the reference implementation does
 * (safetensors/src/tensor.rs).
 */
import { CheckpointError } from '../errors.js';
import type { Dimensions } from '../tensor.js';
import { ARRAYS, DTYPES, type SafeDtype } from './dtypes.js';
import { type Fail, hashOf, JsonScanner } from './json-scanner.js';
import { NameTable } from './name-table.js';

export const METADATA = '__metadata__';
/** Bytes of the header's length, at the beginning of the file. */
export const LENGTH_BYTES = 8;
/** The reference implementation reads and writes no larger ones. */
export const LARGEST_HEADER = 100_000_000;
const REMEDY = 'The file is damaged or is not a checkpoint: restore it, or train it anew';
/**
 * Bytes of `"":{"dtype":"U8","shape":[],"data_offsets":[0,0]}`: there are no more tensors than these go into the
 * header.
 */
const SHORTEST_ENTRY = 49;
/** Dtypes that the reference implementation has besides. */
const UNSUPPORTED = ['F4', 'F6_E2M3', 'F6_E3M2', 'F8_E5M2', 'F8_E4M3', 'F8_E8M0', 'F8_E4M3FNUZ', 'F8_E5M2FNUZ', 'C64'];
/** Bytes of a number, by dtype. */
const WIDTHS = DTYPES.map((dtype) => ARRAYS[dtype].BYTES_PER_ELEMENT);
/** Shapes are multiplied in 64 bits there, in order. */
const LARGEST_PRODUCT = 2n ** 64n - 1n;

/** What is known of a tensor before its data is read. */
export interface TensorInfo {
  readonly dtype: SafeDtype;
  readonly shape: Dimensions;
  /** Its bytes, counted from the end of the header. */
  readonly from: number;
  readonly to: number;
}

export const failureIn =
  (what: string): Fail =>
  (value, expected) => {
    throw new CheckpointError(what, value, expected, REMEDY);
  };

/**
 * Bytes of the header.
 * @param start the first bytes of the file, 8 or fewer where it is shorter.
 * @param size bytes of the whole file.
 */
export function headerLength(start: Uint8Array, size: number, fail: Fail): number {
  if (size < LENGTH_BYTES || start.length < LENGTH_BYTES) fail(`${size} bytes`, `at least the ${LENGTH_BYTES} bytes of a header length`);
  const length = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
  if (length > LARGEST_HEADER || LENGTH_BYTES + length > size)
    fail(`a header of ${length} bytes in a file of ${size}`, `a header that fits the file, of at most ${LARGEST_HEADER} bytes`);
  return length;
}

/**
 * Everything in columns: a file may have a million tensors, and objects for all of them would take longer than reading
 * does.
 */
export class Header {
  metadata: Readonly<Record<string, string>> = {};
  readonly #names: NameTable;
  /** Numbers of dtypes plus 1; 0 before one is read. */
  readonly #dtypes: Uint8Array;
  readonly #from: Float64Array;
  /** −1 before it is read. */
  readonly #to: Float64Array;
  /** Where the tensor's shape begins and ends among those of all; the end is −1 before it is read. */
  readonly #shapeStarts: Int32Array;
  readonly #shapeEnds: Int32Array;
  #dimensions = new Float64Array(64);
  #dimensionCount = 0;
  /** Whether the last tensor is being parsed. */
  #inTensor = false;
  /** Numbers of tensors by their place in the file. */
  #order: ArrayLike<number> | undefined;

  /** @throws CheckpointError that names `what`, for anything that is not exactly the header of `dataLength` bytes. */
  constructor(
    bytes: Uint8Array,
    dataLength: number,
    private readonly what: string,
  ) {
    const fail = failureIn(what);
    const most = Math.ceil(bytes.length / SHORTEST_ENTRY);
    this.#names = new NameTable(bytes, most);
    this.#dtypes = new Uint8Array(most);
    this.#from = new Float64Array(most);
    this.#to = new Float64Array(most).fill(-1);
    this.#shapeStarts = new Int32Array(most);
    this.#shapeEnds = new Int32Array(most).fill(-1);
    const scanner = new JsonScanner(bytes, (value, expected) => fail(`${value}${this.#where()}`, expected));
    this.#parse(scanner);
    // Outside of strings all of it is ASCII by now.
    this.#names.ascii = scanner.bits < 0x80;
    if (!this.#names.ascii) requireUtf8(bytes, fail);
    this.#checkShapes(fail);
    this.#checkPlaces(dataLength, fail);
  }

  /** Tensors. */
  get size(): number {
    return this.#names.size;
  }

  /** The tensor that is so manieth in the file. */
  name(place: number): string {
    return this.#names.name(this.#at(place));
  }

  info(place: number): TensorInfo {
    return this.#info(this.#at(place));
  }

  /** What is known of the tensor of this name; nothing where there is none. */
  find(name: string): TensorInfo | undefined {
    const bytes = new TextEncoder().encode(name);
    const index = this.#names.find(bytes, hashOf(bytes));
    return index < 0 ? undefined : this.#info(index);
  }

  #info(index: number): TensorInfo {
    return { dtype: this.#dtype(index), shape: this.#shape(index), from: this.#from[index], to: this.#to[index] };
  }

  #dtype(index: number): SafeDtype {
    return DTYPES[this.#dtypes[index] - 1];
  }

  #at(place: number): number {
    return this.#order ? this.#order[place] : place;
  }

  #shape(index: number): Dimensions {
    return [...this.#dimensions.subarray(this.#shapeStarts[index], this.#shapeEnds[index])];
  }

  #parse(scanner: JsonScanner): void {
    let described = false;
    const member = (): void => this.#parseMember(scanner);
    scanner.object('a JSON object', () => {
      if (!scanner.is(METADATA)) {
        this.#parseTensor(scanner, member);
        return;
      }
      if (described) scanner.refuse(`${METADATA} once`);
      described = true;
      this.metadata = metadataIn(scanner);
    });
    scanner.finish();
  }

  #where(): string {
    return this.#inTensor ? `, in tensor "${this.#names.name(this.size - 1)}"` : '';
  }

  #parseTensor(scanner: JsonScanner, member: () => void): void {
    const added = this.#names.add(scanner.start, scanner.end, scanner.hash, scanner.unescaped);
    if (!added) scanner.refuse(`one tensor of the name "${scanner.value}"`);
    this.#inTensor = true;
    scanner.object('an object', member);
    const index = this.size - 1;
    if (this.#dtypes[index] === 0) scanner.refuse('"dtype" before it');
    if (this.#shapeEnds[index] < 0) scanner.refuse('"shape" before it');
    if (this.#to[index] < 0) scanner.refuse('"data_offsets" before it');
    this.#inTensor = false;
  }

  #parseMember(scanner: JsonScanner): void {
    const index = this.size - 1;
    if (scanner.is('dtype')) {
      if (this.#dtypes[index] > 0) scanner.refuse('"dtype" once');
      this.#dtypes[index] = this.#dtypeIn(scanner) + 1;
    } else if (scanner.is('shape')) {
      if (this.#shapeEnds[index] >= 0) scanner.refuse('"shape" once');
      this.#shapeStarts[index] = this.#dimensionCount;
      scanner.counts('a shape, which is an array of integers');
      for (let i = 0; i < scanner.countedLength; i++) this.#addDimension(scanner.counted[i]);
      this.#shapeEnds[index] = this.#dimensionCount;
    } else if (scanner.is('data_offsets')) {
      if (this.#to[index] >= 0) scanner.refuse('"data_offsets" once');
      scanner.counts('data_offsets, which are an array of two integers');
      if (scanner.countedLength !== 2) scanner.refuse(`two data_offsets before it, not ${scanner.countedLength}`);
      this.#from[index] = scanner.counted[0];
      this.#to[index] = scanner.counted[1];
    } else scanner.skip();
  }

  #addDimension(size: number): void {
    if (this.#dimensionCount === this.#dimensions.length) {
      const longer = new Float64Array(2 * this.#dimensions.length);
      longer.set(this.#dimensions);
      this.#dimensions = longer;
    }
    this.#dimensions[this.#dimensionCount++] = size;
  }

  #dtypeIn(scanner: JsonScanner): number {
    scanner.string('a dtype, which is a string');
    for (let i = 0; i < DTYPES.length; i++) if (scanner.is(DTYPES[i])) return i;
    const dtype = scanner.value;
    const known = UNSUPPORTED.includes(dtype) ? 'which is not supported here' : 'which is not supported: no such dtype is known';
    throw new CheckpointError(
      this.what,
      `tensor "${this.#names.name(this.size - 1)}" of dtype ${dtype}, ${known}`,
      DTYPES.join(', '),
      'Convert the tensor to one of these and write the file anew',
    );
  }

  /** @throws CheckpointError for a tensor whose bytes are not those of its shape. */
  #checkShapes(fail: Fail): void {
    for (let index = 0; index < this.size; index++) {
      const end = this.#shapeEnds[index];
      let elements = 1;
      let largest = 1;
      for (let at = this.#shapeStarts[index]; at < end; at++) {
        elements *= this.#dimensions[at];
        largest = Math.max(largest, elements);
      }
      if (largest > Number.MAX_SAFE_INTEGER && overflows(this.#shape(index)))
        fail(`tensor "${this.#names.name(index)}" of shape [${this.#shape(index)}]`, 'a shape whose product fits 64 bits');
      const wanted = elements * WIDTHS[this.#dtypes[index] - 1];
      const bytes = this.#to[index] - this.#from[index];
      if (bytes !== wanted) fail(`tensor "${this.#names.name(index)}" of ${bytes} bytes`, `${wanted} for shape [${this.#shape(index)}]`);
    }
  }

  /** @throws CheckpointError unless the tensors lie side by side and fill the data. */
  #checkPlaces(dataLength: number, fail: Fail): void {
    const [from, to] = [this.#from, this.#to];
    const before = (a: number, b: number): number => from[a] - from[b] || to[a] - to[b] || a - b;
    let sorted = true;
    for (let index = 1; sorted && index < this.size; index++) sorted = before(index - 1, index) < 0;
    if (!sorted) this.#order = Uint32Array.from({ length: this.size }, (_, index) => index).sort(before);
    let end = 0;
    for (let place = 0; place < this.size; place++) {
      const index = this.#at(place);
      if (from[index] !== end)
        fail(`a gap or overlap at byte ${end} of the data, before tensor "${this.#names.name(index)}"`, 'tensors side by side');
      end = to[index];
    }
    if (end > dataLength) fail(`tensors of ${end} bytes in ${dataLength} bytes of data`, 'data inside the file (it was cut short?)');
    if (end !== dataLength) fail(`${dataLength - end} bytes after the last tensor`, 'none');
  }
}

/** @throws through `fail` for bytes that are none. */
function requireUtf8(bytes: Uint8Array, fail: Fail): void {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    fail('a header that is not UTF-8', 'the JSON header of a safetensors file');
  }
}

/** Text by name; none for null. */
function metadataIn(scanner: JsonScanner): Readonly<Record<string, string>> {
  if (scanner.takeNull()) return {};
  const entries = new Map<string, string>();
  scanner.object(`${METADATA}: an object of strings`, () => {
    const name = scanner.value;
    if (entries.has(name)) scanner.refuse(`metadata "${name}" once`);
    scanner.string(`a string as metadata "${name}"`);
    entries.set(name, scanner.value);
  });
  return Object.fromEntries(entries);
}

/** Whether the product is too large for 64 bits, on the way at least: a 0 comes too late behind that. */
function overflows(shape: Dimensions): boolean {
  let product = 1n;
  return shape.some((n) => {
    product *= BigInt(n);
    return product > LARGEST_PRODUCT;
  });
}
