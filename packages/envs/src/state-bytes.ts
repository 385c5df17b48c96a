/** Plain states as bytes and back, every number bit for bit (JSON loses −0, NaN and the kind of an array). */
import { EnvError } from './errors.js';

const TAG = { undefined: 0, null: 1, false: 2, true: 3, number: 4, text: 5, array: 6, record: 7, typed: 8 } as const;
const TYPED = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
] as const;

/** Deeper than this a state is taken to contain itself. */
const DEEPEST = 64;

class ByteWriter {
  private bytes = new Uint8Array(256);
  private view = new DataView(this.bytes.buffer);
  private used = 0;

  done(): Uint8Array {
    return this.bytes.slice(0, this.used);
  }

  byte(value: number): void {
    const at = this.room(1);
    this.bytes[at] = value;
  }

  count(value: number): void {
    const at = this.room(4);
    this.view.setUint32(at, value, true);
  }

  number(value: number): void {
    const at = this.room(8);
    this.view.setFloat64(at, value, true);
  }

  raw(bytes: Uint8Array): void {
    this.count(bytes.length);
    const at = this.room(bytes.length);
    this.bytes.set(bytes, at);
  }

  /** Room for so many bytes more; arrays may be others from here on. */
  private room(size: number): number {
    const at = this.used;
    this.used += size;
    if (this.used > this.bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.bytes.length, this.used));
      larger.set(this.bytes);
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
    return at;
  }
}

/**
 * @throws EnvError `bad-world` for what is no plain value: a function, an instance of a class, a state that contains
 * itself.
 */
export function encodeState(state: unknown): Uint8Array {
  const writer = new ByteWriter();
  write(writer, state, 'state', 0);
  return writer.done();
}

function write(writer: ByteWriter, value: unknown, where: string, depth: number): void {
  const kind = TYPED.findIndex((type) => value instanceof type);
  if (value === undefined) writer.byte(TAG.undefined);
  else if (value === null) writer.byte(TAG.null);
  else if (typeof value === 'boolean') writer.byte(value ? TAG.true : TAG.false);
  else if (typeof value === 'number') {
    writer.byte(TAG.number);
    writer.number(value);
  } else if (typeof value === 'string') {
    writer.byte(TAG.text);
    writer.raw(new TextEncoder().encode(value));
  } else if (kind >= 0) {
    const { buffer, byteOffset, byteLength } = value as Uint8Array;
    writer.byte(TAG.typed);
    writer.byte(kind);
    writer.raw(new Uint8Array(buffer, byteOffset, byteLength));
  } else writeParts(writer, value, where, depth);
}

function writeParts(writer: ByteWriter, value: unknown, where: string, depth: number): void {
  const refuse = (what: string): EnvError =>
    new EnvError(
      'bad-world',
      `${where} is ${what}`,
      'numbers, texts, booleans, lists, typed arrays and plain objects of these',
      'keep only these in the state of an episode',
    );
  if (depth > DEEPEST) throw refuse(`more than ${DEEPEST} levels deep`);
  if (Array.isArray(value)) {
    writer.byte(TAG.array);
    writer.count(value.length);
    value.forEach((item, i) => {
      write(writer, item, `${where}[${i}]`, depth + 1);
    });
    return;
  }
  const prototype = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  // Files loaded in another realm have an Object of their own: its prototype has none.
  const plain = prototype === null || (prototype !== undefined && Object.getPrototypeOf(prototype) === null);
  if (!plain) throw refuse(typeof value === 'object' ? `a ${value?.constructor?.name ?? 'class instance'}` : `a ${typeof value}`);
  const entries = Object.entries(value as object);
  writer.byte(TAG.record);
  writer.count(entries.length);
  for (const [key, item] of entries) {
    writer.raw(new TextEncoder().encode(key));
    write(writer, item, `${where}.${key}`, depth + 1);
  }
}

/** @throws EnvError `bad-argument` for bytes that `encodeState` did not give. */
export function decodeState(bytes: Uint8Array): unknown {
  try {
    const reader = new ByteReader(bytes);
    const state = reader.value();
    if (reader.atEnd) return state;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new EnvError('bad-argument', `a state of ${bytes.length} bytes`, 'whole bytes of a snapshot', 'restore what snapshot() gave');
}

class ByteReader {
  private at = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.at === this.bytes.length;
  }

  value(): unknown {
    const tag = this.view.getUint8(this.at++);
    if (tag === TAG.undefined) return undefined;
    if (tag === TAG.null) return null;
    if (tag === TAG.false || tag === TAG.true) return tag === TAG.true;
    if (tag === TAG.text) return new TextDecoder().decode(this.raw());
    if (tag === TAG.array) return this.list(this.count());
    if (tag === TAG.record) return this.record(this.count());
    if (tag === TAG.typed) return this.typed();
    if (tag !== TAG.number) throw new RangeError('no such kind');
    this.at += 8;
    return this.view.getFloat64(this.at - 8, true);
  }

  private count(): number {
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }

  private raw(): Uint8Array {
    const length = this.count();
    if (this.at + length > this.bytes.length) throw new RangeError('past the end');
    this.at += length;
    return this.bytes.slice(this.at - length, this.at);
  }

  private list(length: number): unknown[] {
    const items: unknown[] = [];
    for (let i = 0; i < length; i++) items.push(this.value());
    return items;
  }

  private record(size: number): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    for (let i = 0; i < size; i++) entries.push([new TextDecoder().decode(this.raw()), this.value()]);
    return Object.fromEntries(entries);
  }

  private typed(): unknown {
    const Type = TYPED[this.view.getUint8(this.at++)];
    const raw = this.raw();
    if (!Type) throw new RangeError('no such array');
    return new Type(raw.buffer as ArrayBuffer, 0, raw.length / Type.BYTES_PER_ELEMENT);
  }
}
