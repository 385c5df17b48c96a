/** The update that most trainings are made of: one loss, one optimiser, one captured program. */
import type { AdamW } from './adamw.js';
import { backward } from './autograd.js';
import type { Program } from './capture.js';
import { ShapeError } from './errors.js';
import { inPrecision, type Precision } from './ops/half.js';
import { RunningSums } from './running-sums.js';
import type { Tensor } from './tensor.js';
import { requireFiniteUpdates } from './updates.js';

/** Means over the updates since the last call. */
export interface StepMetrics {
  readonly updates: number;
  readonly loss: number;
  /** Before clipping. */
  readonly gradientNorm: number;
}

/** A captured update, which `trainStep` makes. */
export class TrainStep {
  /** What an update replays. */
  readonly program: Program;
  readonly #sums: RunningSums;
  readonly #seed: Tensor;

  constructor(
    readonly optimiser: AdamW,
    loss: () => Tensor,
    precision: Precision,
  ) {
    const { store, gradientScale } = optimiser;
    const { device } = store;
    this.#sums = new RunningSums(device, 2);
    this.#seed = device.tensor(Float32Array.of(gradientScale));
    const body = () => {
      store.zeroGradients();
      const value = loss();
      if (value.size !== 1) throw new ShapeError('trainStep', `a loss of shape [${value.shape}]`, 'one number: its `sum` or `mean`');
      backward(value, this.#seed.reshape(value.shape));
      this.#sums.add([value.detach(), optimiser.apply()]);
      return {};
    };
    try {
      this.program = device.capture(() => inPrecision(device, precision, body));
    } catch (error) {
      this.#free();
      throw error;
    }
  }

  /** One update at this learning rate, of what the loss's inputs hold now. Awaits nothing. */
  run(learningRate: number): void {
    this.optimiser.prepare(learningRate);
    this.program.run();
    this.#sums.count();
  }

  /**
   * Reads, and starts anew, the means over the updates since the last call.
   * @throws NotFiniteError that names the culprit where one of them is NaN or infinite, or an update was skipped. The
   * last update is run once more for that.
   */
  async metrics(): Promise<StepMetrics> {
    const { optimiser } = this;
    const { store } = optimiser;
    const { sums, updates, besides } = await this.#sums.take([optimiser.skipped]);
    const last = { stores: { model: store }, inputs: {}, optimisers: { model: optimiser }, programs: [this.program] };
    await requireFiniteUpdates(store.device, { sums, updates, skipped: besides, optimisers: [optimiser] }, last);
    return { updates, loss: sums[0] / updates, gradientNorm: sums[1] / updates };
  }

  #free(): void {
    this.#sums.dispose();
    this.#seed.dispose();
  }

  /** Frees the program; the optimiser and its store are their owner's. */
  dispose(): void {
    this.program.dispose();
    this.#free();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * Captures an update of all parameters of the optimiser's store: gradients from zero, the loss, its gradient, the
 * optimiser. What the loss reads is written (`tensor.write`) before each `run`.
 * @param loss makes a tensor of one element; called once, to be recorded.
 * @param how `precision` as of a `Pretrainer`: `f16` needs an optimiser with `gradientScale: LOSS_SCALE`.
 * @throws ShapeError for a loss of more elements than one; GradientError, CaptureError as `backward` and `capture`.
 */
export function trainStep(optimiser: AdamW, loss: () => Tensor, { precision = 'f32' }: { readonly precision?: Precision } = {}): TrainStep {
  return new TrainStep(optimiser, loss, precision);
}
