import { add, concat, gatherRows, mul, ShapeError, scale, slice, type Tensor } from '@coxswain/tensor';
import type { CodeSource } from './codes.js';
import { type StepContext, scatterRows } from './controller.js';

/**
 * Codes one after the other, by hand: at an episode's first step its first code is taken, at every later opening of the
 * switch the next one, and once all are used up the last again. Who plays knows how many were taken from where the
 * switch opened.
 */
export class ChainedCodes implements CodeSource {
  /** [episodes, chain · latent]: the codes that are still to come, the next one first. */
  readonly #queue: Tensor;
  readonly #latent: number;

  /** @param codes [episodes, chain, latent], which `write` may replace between rollouts. */
  constructor(readonly codes: Tensor) {
    const { device, shape } = codes;
    if (shape.length !== 3 || codes.size === 0)
      throw new ShapeError('ChainedCodes', `codes [${shape}]`, '[episodes, chain, latent] of at least one code each');
    const [episodes, chain, latent] = shape;
    this.#latent = latent;
    this.#queue = device.zeros([episodes, chain * latent]);
  }

  begin(): void {
    this.#queue.device.copy(this.codes, this.#queue);
  }

  propose(_x: Tensor, { episode }: StepContext): { code: Tensor } {
    return { code: slice(gatherRows(this.#queue, episode), 1, 0, this.#latent) };
  }

  /** Where the switch was open the queue moves on; its last code stays in it. */
  taken(open: Tensor, { episode, rows }: StepContext): void {
    const queue = gatherRows(this.#queue, episode);
    const [latent, width] = [this.#latent, queue.shape[1]];
    const moved = concat([slice(queue, 1, latent, width), slice(queue, 1, width - latent, width)], 1);
    const opened = open.reshape([rows, 1]);
    // Not queue + open · (moved − queue), which rounds: the codes stay what they are.
    scatterRows(add(mul(opened, moved), mul(scale(opened, -1, 1), queue)), episode, this.#queue);
  }

  dispose(): void {
    this.codes.dispose();
    this.#queue.dispose();
  }
}
