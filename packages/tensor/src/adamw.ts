import { adamw, adamwHyper, REDUCE } from '@coxswain/kernels';
import { requireNotNegative, requireNumber, requirePositive } from './checks.js';
import { ArgumentError, CheckpointError } from './errors.js';
import { launchReduce } from './ops/reduce.js';
import type { ParameterStore } from './parameters.js';
import { asFloat64, type SafeTensor } from './safetensors/index.js';
import type { Tensor } from './tensor.js';

export interface AdamWSettings {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly eps?: number;
  /** Decoupled decay (Loshchilov and Hutter 2019), times the learning rate; 0 makes it Adam. */
  readonly weightDecay?: number;
  /** Longest global gradient norm; longer gradients are scaled down to it. 0 for no limit. */
  readonly clip?: number;
  /**
   * What the gradients it is given were multiplied by (`LOSS_SCALE` in half precision); its updates and norms are those
   * without.
   */
  readonly gradientScale?: number;
}

/**
 * AdamW over all parameters of a store: one norm, one dispatch. `prepare` on the host before each run, `apply` inside
 * the captured step.
 */
export class AdamW {
  readonly #m: Tensor<'f32'>;
  readonly #v: Tensor<'f32'>;
  /** [learning rate, 1 − β1ᵗ, 1 − β2ᵗ, largest norm], written by the host before each step. */
  readonly #hyper: Tensor<'f32'>;
  /** How many updates were skipped because the gradient was not finite. */
  readonly skipped: Tensor<'u32'>;
  #step = 0;
  #skippedBefore = 0;
  readonly #settings: Required<AdamWSettings>;

  /** @throws ArgumentError for settings that no update can be made with. */
  constructor(
    readonly store: ParameterStore,
    settings: AdamWSettings = {},
  ) {
    this.#settings = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, clip: 0, gradientScale: 1, ...settings };
    const { beta1, beta2, eps, weightDecay, clip, gradientScale } = this.#settings;
    for (const [name, beta] of Object.entries({ beta1, beta2 }))
      requireNumber('AdamW', name, beta, 'a number from 0 to below 1', (value) => value >= 0 && value < 1);
    for (const [name, value] of Object.entries({ eps, gradientScale })) requirePositive('AdamW', name, value);
    for (const [name, value] of Object.entries({ weightDecay, clip })) requireNotNegative('AdamW', name, value);
    const { device, flat } = store;
    this.#m = device.zeros(flat.shape);
    this.#v = device.zeros(flat.shape);
    this.#hyper = device.zeros([4]);
    this.skipped = device.zeros([1], 'u32');
    this.#unprepare();
  }

  /** Until `prepare`, an update would divide by zero, or be one of before a state was loaded. */
  #unprepare(): void {
    this.#hyper.storage.unwritten = new ArgumentError('AdamW.apply', 'no learning rate', 'prepare(learningRate) before each update');
  }

  /** What losses have to be multiplied by for it. */
  get gradientScale(): number {
    return this.#settings.gradientScale;
  }

  /** What `skipped` was when this began: that of the state it was loaded with. */
  get skippedBefore(): number {
    return this.#skippedBefore;
  }

  /** Updates done. */
  get step(): number {
    return this.#step;
  }

  /** Sets what the next `apply` uses. @throws ArgumentError for a learning rate that is negative or not finite. */
  prepare(learningRate: number): void {
    requireNotNegative('AdamW.prepare', 'learning rate', learningRate);
    this.#step++;
    const { beta1, beta2, clip } = this.#settings;
    this.#hyper.write(adamwHyper({ learningRate, step: this.#step, beta1, beta2, maxNorm: clip }));
  }

  /**
   * Updates all parameters from the gradients in the store. Inside a capture it may stand before the first `prepare`,
   * which has to come before the program runs.
   * @returns the gradient's norm before clipping, [1].
   * @throws ArgumentError before the first `prepare`, and before the next one after `load`.
   */
  apply(): Tensor<'f32'> {
    const { device, flat, gradients } = this.store;
    const { beta1, beta2, eps, weightDecay, gradientScale } = this.#settings;
    const norm = device.empty([1]);
    launchReduce(gradients, norm, {
      operation: REDUCE.sumOfSquares,
      outer: 1,
      axis: gradients.size,
      inner: 1,
      scale: 1 / gradientScale ** 2,
      root: 1,
      accumulate: 0,
    });
    device.dispatch(
      adamw,
      { count: flat.size, decay1: 1 - beta1, decay2: 1 - beta2, eps: eps * gradientScale, weightDecay },
      { parameters: flat, gradients, mean: this.#m, variance: this.#v, hyper: this.#hyper, norm, skipped: this.skipped },
    );
    return norm;
  }

  /** The state a run needs to go on: both moments by parameter name, and the step. */
  async save(): Promise<Map<string, SafeTensor>> {
    const [m, v, skipped] = await this.store.device.read([this.#m, this.#v, this.skipped]);
    const named = (prefix: string, flat: Float32Array): [string, SafeTensor][] =>
      [...this.store.unpack(flat)].map(([name, tensor]) => [`${prefix}.${name}`, tensor]);
    return new Map<string, SafeTensor>([
      ...named('m', m as Float32Array),
      ...named('v', v as Float32Array),
      ['step', { shape: [1], data: Int32Array.of(this.#step) }],
      ['skipped', { shape: [1], data: skipped }],
    ]);
  }

  /** @throws CheckpointError where the state is not of this store. */
  load(state: ReadonlyMap<string, SafeTensor>, what = 'optimiser state'): void {
    const part = (prefix: string): Map<string, SafeTensor> =>
      new Map(
        [...state].filter(([name]) => name.startsWith(`${prefix}.`)).map(([name, tensor]) => [name.slice(prefix.length + 1), tensor]),
      );
    const step = state.get('step');
    if (!step) throw new CheckpointError(what, 'no tensor "step"', 'a state saved by this optimiser', 'Start anew in another folder');
    const [m, v] = [this.store.pack(part('m'), what), this.store.pack(part('v'), what)];
    this.#m.write(m);
    this.#v.write(v);
    const skipped = state.get('skipped');
    [this.#skippedBefore] = skipped ? asFloat64(skipped) : [0];
    this.skipped.write(Uint32Array.of(this.#skippedBefore));
    this.#step = asFloat64(step)[0];
    this.#unprepare();
  }

  dispose(): void {
    for (const tensor of [this.#m, this.#v, this.#hyper, this.skipped]) tensor.dispose();
  }
}
