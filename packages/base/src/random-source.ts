/**
 * Random numbers on the host, one kind for weights, worlds and data: words of Philox 4×32-10 (Salmon et al. 2011), so
 * that all that is drawn is a function of a seed and an address. `HostRandom` is the numbers of one seed in turn;
 * `CounterRandom` jumps to those of an episode or a batch.
 */
export abstract class RandomSource {
  /** 32 random bits. */
  abstract word(): number;
  /** Uniform between 0 and 1. */
  abstract uniform(): number;
  /** Standard normal. */
  abstract normal(): number;

  /** A uniform integer in [0, bound) by a multiply and a shift: the bias is below bound · 2^−32. */
  below(bound: number): number {
    return Math.floor((this.word() * bound) / 0x100000000);
  }

  /**
   * A uniform permutation of the first `count` entries (all by default), in place; `picks` limits it to the first few
   * places.
   */
  shuffle(items: Uint32Array | Uint16Array, count = items.length, picks = count - 1): void {
    for (let i = 0; i < picks && i < count - 1; i++) {
      const j = i + this.below(count - i);
      const held = items[i];
      items[i] = items[j];
      items[j] = held;
    }
  }
}
