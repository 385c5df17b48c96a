/** Where codes come from. */
import { add, type Device, gatherRows, gaussianLogProb, mul, noGrad, philoxNormal, reparameterise, type Tensor } from '@coxswain/tensor';
import { type StepContext, scatterRows } from './controller.js';
import type { CodeStatistics, Policy } from './policy.js';

/** Streams of the random numbers of a rollout. */
export const PLAY_STREAM = { action: 0, code: 1 } as const;

/** Proposes a code at every step; it is taken where the switch opens. Recorded into programs like a `Controller`. */
export type CodeSource = {
  /** New episodes begin: forget the last ones. */
  begin(): void;
  /**
   * @param x LN(e_t) [rows, width]
   * @returns codes [rows, latent], and their log-density under the source [rows] where it has one that is learned.
   */
  propose(x: Tensor, context: StepContext): { readonly code: Tensor; readonly logProb?: Tensor };
  /**
   * After `propose`, for a source that has to know whether its proposals were taken.
   * @param open f32 [rows]: 1 where they were.
   */
  taken?(open: Tensor, context: StepContext): void;
  dispose(): void;
};

/** Codes sampled from a policy, or its means. @param episodes how many are played together. */
export class PolicyCodes implements CodeSource {
  readonly #h: Tensor;
  /** log σ [latent] throughout a rollout. */
  readonly #logStd: Tensor;

  constructor(
    readonly policy: Policy,
    episodes: number,
    private readonly greedy = false,
  ) {
    const { device } = policy.store;
    this.#h = device.zeros([episodes, policy.config.history]);
    this.#logStd = device.zeros([policy.config.latent]);
  }

  begin(): void {
    const { device } = this.#h;
    device.zero(this.#h);
    using _scope = device.scope();
    device.copy(
      noGrad(() => this.policy.logStd),
      this.#logStd,
    );
  }

  propose(x: Tensor, { rows, episode, owner, random }: StepContext): { code: Tensor; logProb: Tensor } {
    const { policy } = this;
    const logStd = this.#logStd;
    const { mean, h } = policy.step(x, gatherRows(this.#h, episode));
    scatterRows(h, episode, this.#h);
    // Noise belongs to episodes, not rows: which others are still running changes nothing.
    const code = this.greedy
      ? mean
      : reparameterise(mean, logStd, philoxNormal(random, PLAY_STREAM.code, [rows, policy.config.latent], owner));
    return { code, logProb: gaussianLogProb(code, mean, logStd) };
  }

  dispose(): void {
    for (const tensor of [this.#h, this.#logStd]) tensor.dispose();
  }
}

/** The same code for a whole episode: `codes` [episodes, latent], which `write` may replace between rollouts. */
export class FixedCodes implements CodeSource {
  constructor(readonly codes: Tensor) {}

  begin(): void {}

  propose(_x: Tensor, { episode }: StepContext): { code: Tensor } {
    return { code: gatherRows(this.codes, episode) };
  }

  dispose(): void {
    this.codes.dispose();
  }
}

/** A new code at every switch, drawn from N(mean, std²) whatever is seen. */
export class RandomCodes implements CodeSource {
  readonly #mean: Tensor;
  readonly #std: Tensor;

  constructor(device: Device, { mean, std }: CodeStatistics) {
    this.#mean = device.tensor(Float32Array.from(mean));
    this.#std = device.tensor(Float32Array.from(std));
  }

  begin(): void {}

  propose(_x: Tensor, { rows, owner, random }: StepContext): { code: Tensor } {
    const noise = philoxNormal(random, PLAY_STREAM.code, [rows, this.#mean.size], owner);
    return { code: add(mul(noise, this.#std), this.#mean) };
  }

  dispose(): void {
    this.#mean.dispose();
    this.#std.dispose();
  }
}
