import { philox4x32 } from './philox.js';
import { RandomSource } from './random-source.js';
import { requireWhole, requireWord, twoWords } from './two-words.js';

/**
 * A seeded source of random numbers with an address (Philox 4×32-10, the key being the seed): `seek(stream, index)`
 * jumps to the beginning of the numbers that belong to that index (an episode, a batch), whatever was drawn before.
 * Nothing depends on how many indices are drawn together.
 */
export class CounterRandom extends RandomSource {
  private readonly key: Uint32Array;
  /** Block, stream, index (low and high word). */
  private readonly counter = new Uint32Array(4);
  private readonly words = new Uint32Array(4);
  private used = 4;

  /**
   * @param seed an integer in [0, 2^53).
   * @throws CoxswainError `bad-seed` for any other.
   */
  constructor(readonly seed: number) {
    super();
    this.key = Uint32Array.from(twoWords('CounterRandom', 'seed', seed));
  }

  /**
   * Jumps to the first number of `index` (an integer in [0, 2^53)) in `stream` (a 32-bit number).
   * @throws CoxswainError `bad-stream`, `bad-index` for others.
   */
  seek(stream: number, index: number): void {
    requireWord('CounterRandom', 'stream', stream);
    requireWhole('CounterRandom', 'index', index);
    // Millions of episodes are sought: no array is made.
    this.counter[0] = 0;
    this.counter[1] = stream;
    this.counter[2] = index >>> 0;
    this.counter[3] = Math.floor(index / 0x100000000);
    this.used = 4;
  }

  /** A uniform 32-bit word. */
  word(): number {
    if (this.used === 4) {
      philox4x32(this.counter, this.key, this.words);
      this.counter[0]++;
      this.used = 0;
    }
    return this.words[this.used++];
  }

  /** Uniform in [0, 1), a multiple of 2^−32. */
  uniform(): number {
    return this.word() / 0x100000000;
  }

  /** Standard normal, from two words (Box–Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log((this.word() + 0.5) / 0x100000000));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }
}
