import { philox4x32 } from '@coxswain/kernels';

/**
 * Random numbers on the host, counter-based like the device's: the n-th block of a (seed, stream) is always the same.
 * Philox 4×32-10, Salmon et al. 2011.
 */
export class HostRandom {
  #block: Uint32Array = new Uint32Array(4);
  #used = 4;
  #counter = 0;
  #spare: number | undefined;

  /** @param seed 32 bits; @param stream tells apart independent uses of one seed. */
  constructor(
    readonly seed: number,
    readonly stream = 0,
  ) {}

  /** 32 random bits. */
  word(): number {
    if (this.#used === 4) {
      this.#block = philox4x32([this.#counter, 0, 0, 0], [this.seed >>> 0, this.stream >>> 0]);
      this.#counter++;
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
