import { requireWhole, twoWords } from '@coxswain/base';
import { philoxState } from '@coxswain/kernels';
import type { Device } from './device.js';
import { Tensor } from './tensor.js';

/**
 * What the random numbers of a program are a function of: a seed and a step. The ops in ops/random read it on the GPU,
 * so a captured program draws new numbers after `write` with the next step, and the same ones for the same step.
 */
export class RandomState {
  /** u32 [4]: the key, then the step, low words first. */
  readonly tensor: Tensor;
  readonly #key: readonly [number, number];

  /**
   * @param seed an integer from 0 to 2⁵³ − 1, the 64-bit key of the generator.
   * @throws CoxswainError `bad-seed` for any other seed.
   */
  constructor(
    readonly device: Device,
    readonly seed: number,
  ) {
    this.#key = twoWords('RandomState', 'seed', seed);
    this.tensor = new Tensor(device, [4], 'u32', device.own(16));
    this.write(0);
  }

  /** Sets the step, an integer from 0 to 2⁵³ − 1: everything launched afterwards draws that step's numbers. */
  write(step: number): void {
    requireWhole('RandomState', 'step', step);
    this.tensor.write(philoxState(this.#key, step));
  }

  dispose(): void {
    this.tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
