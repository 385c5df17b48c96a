import { noGrad } from './autograd.js';
import type { Device } from './device.js';
import { CheckpointError } from './errors.js';
import { accumulateRows } from './ops/reduce.js';
import { concat } from './ops/shape.js';
import type { Tensor } from './tensor.js';

/**
 * Sums that captured updates add to on the GPU, read when somebody asks for metrics: logging costs no readback in the step.
 */
export class RunningSums {
  readonly #sums: Tensor;
  #updates = 0;

  /** @param size how many numbers are summed up. */
  constructor(
    readonly device: Device,
    readonly size: number,
  ) {
    this.#sums = device.zeros([size]);
  }

  /** Launches the addition of these scalars (each [1]), one for each sum; inside a capture it is replayed with every update. */
  add(...values: readonly Tensor[]): void {
    noGrad(() => accumulateRows(concat(values, 0).reshape([1, this.size]), this.#sums));
  }

  /** Counts one update. */
  count(): void {
    this.#updates++;
  }

  /** Reads the sums and the number of updates since the last call, and starts anew. */
  async take(): Promise<{ sums: Float32Array; updates: number }> {
    const sums = Float32Array.from(await this.#sums.read());
    const updates = this.#updates;
    this.device.zero(this.#sums);
    this.#updates = 0;
    return { sums, updates };
  }

  /** The sums and the number of updates, left as they are: what a checkpoint needs so that metrics go on exactly. */
  async save(): Promise<Float32Array> {
    return Float32Array.of(...(await this.#sums.read()), this.#updates);
  }

  /**
   * Goes on from what `save` gave.
   * @throws CheckpointError for numbers that were saved from another count of sums.
   */
  load(saved: Float32Array): void {
    if (saved.length !== this.size + 1)
      throw new CheckpointError('running sums', `${saved.length} numbers`, `${this.size + 1}`, 'Load the state of the same kind of run');
    this.#sums.write(saved.slice(0, this.size));
    this.#updates = saved[this.size];
  }

  dispose(): void {
    this.#sums.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
