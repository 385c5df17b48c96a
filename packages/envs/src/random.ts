import { EnvError } from './errors.js';

/** Independent streams of one seed, so that drawing more of one thing never moves another. */
export const STREAM = { layout: 0, task: 1, expert: 2, batch: 3, symmetry: 4, partner: 5 } as const;

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** High 32 bits of the 64-bit product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  // Neither sum reaches 2^32, so nothing is lost.
  const cross = aHigh * bLow + ((aLow * bLow) >>> 16);
  const middle = aLow * bHigh + (cross & 0xffff);
  return (aHigh * bHigh + (cross >>> 16) + (middle >>> 16)) >>> 0;
}

/**
 * Philox 4×32-10 (Salmon et al. 2011, https://doi.org/10.1145/2063384.2063405): four random words that are a pure function of
 * a 128-bit counter and a 64-bit key.
 * @param out four words, overwritten.
 */
export function philox(c0: number, c1: number, c2: number, c3: number, k0: number, k1: number, out: Uint32Array): void {
  let a = c0 >>> 0;
  let b = c1 >>> 0;
  let c = c2 >>> 0;
  let d = c3 >>> 0;
  let key0 = k0 >>> 0;
  let key1 = k1 >>> 0;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(M0, a);
    const low0 = Math.imul(M0, a);
    const high1 = multiplyHigh(M1, c);
    const low1 = Math.imul(M1, c);
    a = (high1 ^ b ^ key0) >>> 0;
    b = low1 >>> 0;
    c = (high0 ^ d ^ key1) >>> 0;
    d = low0 >>> 0;
    key0 = (key0 + W0) >>> 0;
    key1 = (key1 + W1) >>> 0;
  }
  out[0] = a;
  out[1] = b;
  out[2] = c;
  out[3] = d;
}

/**
 * A seeded source of random numbers with an address: `seek(stream, index)` jumps to the beginning of the numbers that belong to
 * that index (an episode, a batch), whatever was drawn before. Nothing depends on how many indices are drawn together.
 */
export class CounterRandom {
  private readonly keyLow: number;
  private readonly keyHigh: number;
  private readonly words = new Uint32Array(4);
  private used = 4;
  private block = 0;
  private stream = 0;
  private indexLow = 0;
  private indexHigh = 0;

  /**
   * @param seed an integer in [0, 2^53).
   * @throws EnvError `bad-seed`.
   */
  constructor(readonly seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new EnvError('bad-seed', `seed is ${seed}`, `an integer from 0 to ${Number.MAX_SAFE_INTEGER}`, 'pass another seed');
    }
    this.keyLow = seed >>> 0;
    this.keyHigh = Math.floor(seed / 0x100000000) >>> 0;
  }

  /** Jumps to the first number of `index` (an integer in [0, 2^53)) in `stream` (a 32-bit number). */
  seek(stream: number, index: number): void {
    this.stream = stream >>> 0;
    this.indexLow = index >>> 0;
    this.indexHigh = Math.floor(index / 0x100000000) >>> 0;
    this.block = 0;
    this.used = 4;
  }

  /** A uniform 32-bit word. */
  word(): number {
    if (this.used === 4) {
      philox(this.block, this.stream, this.indexLow, this.indexHigh, this.keyLow, this.keyHigh, this.words);
      this.block++;
      this.used = 0;
    }
    return this.words[this.used++];
  }

  /** Uniform in [0, 1), a multiple of 2^−32. */
  uniform(): number {
    return this.word() / 0x100000000;
  }

  /** A uniform integer in [0, bound) by a multiply and a shift: the bias is below bound · 2^−32. */
  below(bound: number): number {
    return Math.floor((this.word() * bound) / 0x100000000);
  }

  /** A uniform permutation of the first `count` entries (all by default), in place; `picks` limits it to the first few places. */
  shuffle(items: Uint32Array | Uint16Array, count = items.length, picks = count - 1): void {
    for (let i = 0; i < picks && i < count - 1; i++) {
      const j = i + this.below(count - i);
      const held = items[i];
      items[i] = items[j];
      items[j] = held;
    }
  }
}
