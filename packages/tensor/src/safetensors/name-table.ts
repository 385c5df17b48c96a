/**
 * The names in a header, found by name without making a string of each: a hash table with open addressing. Names are
 * places in the header's bytes; those written with escapes are kept beside it.
 */
export class NameTable {
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  readonly #hashes: Int32Array;
  readonly #unescaped = new Map<number, Uint8Array>();
  /** Number of a name plus 1 where it lies, 0 where none does; at most half of it is full. */
  readonly #slots: Int32Array;
  #size = 0;
  #decoded: string | undefined;
  /** Whether all bytes of the header are known to be. */
  ascii = false;

  /** @param bytes of the header. @param most names that there can be. */
  constructor(
    private readonly bytes: Uint8Array,
    most: number,
  ) {
    this.#starts = new Uint32Array(most);
    this.#ends = new Uint32Array(most);
    this.#hashes = new Int32Array(most);
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * most + 1)));
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Adds a name as the next one.
   * @param hash of its UTF-8.
   * @param unescaped the name where it is written with escapes.
   * @returns false where there is this name already; it is not added then.
   */
  add(start: number, end: number, hash: number, unescaped: string | undefined): boolean {
    const name = unescaped === undefined ? undefined : new TextEncoder().encode(unescaped);
    const slot = name ? this.#slot(name, 0, name.length, hash) : this.#slot(this.bytes, start, end, hash);
    if (this.#slots[slot]) return false;
    const index = this.#size++;
    this.#starts[index] = start;
    this.#ends[index] = end;
    this.#hashes[index] = hash;
    if (name) this.#unescaped.set(index, name);
    this.#slots[slot] = this.#size;
    return true;
  }

  /** The number of a name, −1 where there is none. @param hash of its UTF-8. */
  find(name: Uint8Array, hash: number): number {
    return this.#slots[this.#slot(name, 0, name.length, hash)] - 1;
  }

  name(index: number): string {
    if (!this.ascii || this.#unescaped.has(index)) return new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.#bytesOf(index));
    // A slice of one long string is far cheaper than a string of its own.
    this.#decoded ??= new TextDecoder().decode(this.bytes);
    return this.#decoded.slice(this.#starts[index], this.#ends[index]);
  }

  #bytesOf(index: number): Uint8Array {
    return this.#unescaped.get(index) ?? this.bytes.subarray(this.#starts[index], this.#ends[index]);
  }

  /** Where the name that these bytes are lies, or would lie. */
  #slot(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const mask = this.#slots.length - 1;
    let slot = spread(hash) & mask;
    for (;;) {
      const index = this.#slots[slot] - 1;
      if (index < 0 || (this.#hashes[index] === hash && equal(this.#bytesOf(index), bytes.subarray(start, end)))) return slot;
      slot = (slot + 1) & mask;
    }
  }
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** Lets the low bits of a hash depend on its high ones. */
const spread = (hash: number): number => Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) ^ (hash >>> 12);
