import { philox4x32 } from './philox.js';
import { RandomSource } from './random-source.js';
import { twoWords, wordsOf } from './two-words.js';

/**
 * Random numbers on the host, counter-based like the device's: the n-th block of a (seed, stream) is always the same.
 * Philox 4×32-10, Salmon et al. 2011.
 */
export class HostRandom extends RandomSource {
  readonly #block = new Uint32Array(4);
  #used = 4;
  /** Blocks drawn. */
  #drawn = 0;
  readonly #key: readonly [number, number];
  /** High words of the seed and of the stream: 0 below 2³², so that they change no bit of smaller seeds. */
  readonly #high: readonly [number, number];
  #spare: number | undefined;

  /**
   * @param seed an integer from 0 to 2⁵³ − 1.
   * @param stream tells apart independent uses of one seed; an integer from 0 to 2⁵³ − 1.
   * @throws CoxswainError `bad-seed`, `bad-stream` for anything else.
   */
  constructor(
    readonly seed: number,
    readonly stream = 0,
  ) {
    super();
    const [seedLow, seedHigh] = twoWords('HostRandom', 'seed', seed);
    const [streamLow, streamHigh] = twoWords('HostRandom', 'stream', stream);
    this.#key = [seedLow, streamLow];
    this.#high = [seedHigh, streamHigh];
  }

  /** 32 random bits. */
  word(): number {
    if (this.#used === 4) {
      const [low, high] = wordsOf(this.#drawn);
      philox4x32([low, ...this.#high, high], this.#key, this.#block);
      this.#drawn++;
      this.#used = 0;
    }
    return this.#block[this.#used++];
  }

  /** Uniform in (0, 1). */
  uniform(): number {
    return (this.word() + 0.5) / 4294967296;
  }

  /** Standard normal (Box–Muller). */
  normal(): number {
    if (this.#spare !== undefined) {
      const value = this.#spare;
      this.#spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}
