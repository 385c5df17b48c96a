import { MOST_TERMS, runningSums } from '@coxswain/kernels';
import type { Device } from './device.js';
import { CheckpointError, ShapeError } from './errors.js';
import type { Tensor, TensorData } from './tensor.js';

/**
 * Sums that captured updates add to on the GPU, read when somebody asks for metrics: logging costs no readback in the
 * step.
 */
export class RunningSums {
  readonly #sums: Tensor;
  #updates = 0;

  /**
   * @param size how many numbers are summed up.
   * @throws ShapeError for more than 6.
   */
  constructor(
    readonly device: Device,
    readonly size: number,
  ) {
    if (size > MOST_TERMS) throw new ShapeError('RunningSums', `${size} sums`, `at most ${MOST_TERMS}`);
    this.#sums = device.zeros([size]);
  }

  /**
   * Launches the addition of Σ values, one tensor for each sum; inside a capture it is replayed with every update.
   * @param weights multiplies the elements of every tensor that has more than one, of which there must be as many; an
   * element whose weight is 0 does not count, whatever it is.
   */
  add(values: readonly Tensor[], weights?: Tensor): void {
    const weighted = values.map(({ size }) => weights !== undefined && size > 1);
    const misfit = values.find(({ size }, i) => weighted[i] && size !== weights?.size);
    if (values.length !== this.size || misfit)
      throw new ShapeError('RunningSums.add', `${values.length} tensors [${misfit?.shape}]`, `${this.size} of [${weights?.shape}] or [1]`);
    const { dummy } = this.device;
    const term = (i: number): Tensor => values[i] ?? dummy;
    const count = (i: number): number => values[i]?.size ?? 0;
    const shape = {
      ...{ n0: count(0), n1: count(1), n2: count(2), n3: count(3), n4: count(4), n5: count(5) },
      terms: this.size,
      weighted: weighted.reduce((bits, is, i) => bits | (Number(is) << i), 0),
    };
    const terms = { x0: term(0), x1: term(1), x2: term(2), x3: term(3), x4: term(4), x5: term(5) };
    this.device.dispatch(runningSums, shape, { weights: weights ?? dummy, ...terms, sums: this.#sums });
  }

  /** Counts one update. */
  count(): void {
    this.#updates++;
  }

  /**
   * Reads the sums and the number of updates since the last call, and starts anew.
   * @param besides what else is read back on the way.
   */
  async take(besides: readonly Tensor[] = []): Promise<{ sums: Float32Array; updates: number; besides: readonly TensorData[] }> {
    const [sums, ...more] = await this.device.read([this.#sums, ...besides]);
    const updates = this.#updates;
    this.device.zero(this.#sums);
    this.#updates = 0;
    return { sums: sums as Float32Array, updates, besides: more };
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
