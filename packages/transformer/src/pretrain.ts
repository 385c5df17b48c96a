/** Pretraining: a base sequence model learns to predict expert actions, and a little of what is observed next. */
import type { LeafValues } from '@coxswain/base';
import {
  type AdamW,
  backwardSum,
  type Device,
  findCulprit,
  inPrecision,
  type ParameterStore,
  type Precision,
  type Program,
  RunningSums,
  requireFiniteUpdates,
  ShapeError,
  type StepParts,
  scale,
  type Tensor,
} from '@coxswain/tensor';
import type { SequenceModel } from './sequence-model.js';
import { numbered, requireReadable, spaceTensors, writeValues } from './space-tensors.js';

/** Expert sequences side by side, padded to one length. */
export interface SequenceBatch {
  readonly batch: number;
  readonly time: number;
  /** Of batch·time steps, an array for each leaf of the model's observation space. */
  readonly observation: readonly LeafValues[];
  /** The expert's action after each, likewise. */
  readonly action: readonly LeafValues[];
  /** What is predicted of the observation that followed, likewise; where the model has a head for it. */
  readonly predicted?: readonly LeafValues[];
  /** [batch·time]: 1 where a step happened, 0 in the padding. */
  readonly mask: Float32Array;
}

export interface PretrainSettings {
  /** Sequences in a batch. */
  readonly batch: number;
  /** Mean steps of a sequence in the data: what the summed loss of a batch is divided by, times `batch`. */
  readonly meanLength: number;
  /** λ of the observation loss (arXiv 2512.20605, §3: 0.01 in the grid world). */
  readonly observationWeight: number;
  /**
   * Parts that a batch is worked off in, one after the other, so that the memory is that of a part; a divisor of
   * `batch`, 1 by default. The gradient is that of the whole batch, but for rounding.
   */
  readonly parts?: number;
  /**
   * `f16`: products of matrices read their operands in half precision and sum in f32; `f32` by default. The optimiser
   * then needs `gradientScale: LOSS_SCALE`.
   */
  readonly precision?: Precision;
}

/** Means over the steps since the last call. */
export interface PretrainMetrics {
  readonly steps: number;
  /** Nats per action. */
  readonly actionNll: number;
  /** Nats per observation; 0 where nothing is predicted. */
  readonly observationNll: number;
  readonly gradientNorm: number;
}

interface Captured {
  /** Of one part. */
  readonly program: Program;
  readonly observation: readonly Tensor[];
  readonly action: readonly Tensor[];
  readonly predicted: readonly Tensor[];
  readonly mask: Tensor;
}

/**
 * Minimises Σ_t −log p(a_t | o_1:t) − λ log p(o_{t+1} | o_1:t) per trajectory (arXiv 2512.20605, §3). The sum is
 * divided by the mean length of the data, not by the steps of the batch: batches hold sequences of similar length, and
 * a mean over each would count a step of a long sequence for less than one of a short one. One captured program for
 * each sequence length, one submit a step, no readback until metrics are asked for.
 */
export class Pretrainer {
  readonly #programs = new Map<number, Captured>();
  /** Action NLL, observation NLL and steps of sequences; gradient norms of updates. */
  readonly sums: RunningSums;
  readonly #device: Device;
  readonly #parts: number;
  /** Before the first part and after the last one, where there are several; one program does all else. */
  readonly #begin: Program | undefined;
  readonly #end: Program | undefined;
  /** A zero. */
  readonly #nothing: Tensor;
  /** What the last update ran. */
  #last: Captured | undefined;

  /** @throws ShapeError where the parts do not divide the batch. */
  constructor(
    readonly model: SequenceModel,
    readonly store: ParameterStore,
    readonly optimiser: AdamW,
    readonly settings: PretrainSettings,
  ) {
    const { batch, parts = 1 } = settings;
    if (!Number.isInteger(parts) || parts < 1 || batch % parts !== 0)
      throw new ShapeError('Pretrainer', `a batch of ${batch} in ${parts} parts`, 'a number of parts that divides the batch');
    this.#device = store.device;
    this.sums = new RunningSums(this.#device, 4);
    this.#nothing = this.#device.zeros([1]);
    this.#parts = parts;
    if (parts === 1) return;
    this.#begin = this.#device.capture(() => {
      store.zeroGradients();
      return {};
    });
    this.#end = this.#device.capture(() => {
      const nothing = this.#nothing;
      this.sums.add([nothing, nothing, nothing, optimiser.apply()]);
      return {};
    });
  }

  /** What an update on sequences of this length replays, once for each part. */
  program(time: number): Program {
    return this.#captured(time).program;
  }

  /**
   * Compiles what updates on sequences of this length run, many kernels at once; without it the first one compiles them
   * one by one.
   */
  async ready(time: number): Promise<void> {
    await Promise.all([this.#begin, this.program(time), this.#end].map((program) => program?.ready()));
  }

  /**
   * One update on one batch at this learning rate. Awaits nothing.
   * @throws ArgumentError, NotFiniteError for observations or a mask that no model can read; nothing is launched then.
   */
  step(batch: SequenceBatch, learningRate: number): void {
    requireReadable('Pretrainer.step', batch, this.model.config);
    const captured = this.#captured(batch.time);
    this.#last = captured;
    this.optimiser.prepare(learningRate);
    this.#begin?.run();
    for (let part = 0; part < this.#parts; part++) {
      for (const name of ['observation', 'action', 'predicted'] as const) writeValues(captured[name], batch[name] ?? [], part);
      writeValues([captured.mask], [batch.mask], part);
      captured.program.run();
    }
    this.#end?.run();
    this.sums.count();
  }

  #captured(time: number): Captured {
    return this.#programs.get(time) ?? this.#capture(time);
  }

  #capture(time: number): Captured {
    const { batch: whole, observationWeight, meanLength, precision = 'f32' } = this.settings;
    const batch = whole / this.#parts;
    const n = batch * time;
    const device = this.#device;
    const { config: spaces } = this.model;
    const inputs = {
      observation: spaceTensors(device, spaces.observation, n),
      action: spaceTensors(device, spaces.action, n),
      predicted: spaces.predicted ? spaceTensors(device, spaces.predicted, n) : [],
      mask: device.tensor(new Float32Array(n)),
    };
    const body = () => {
      if (!this.#begin) this.store.zeroGradients();
      const heads = this.model.forward(inputs.observation, { batch, time });
      const action = heads.action.nll(inputs.action);
      const predicted = heads.predicted?.nll(inputs.predicted);
      const each = this.optimiser.gradientScale / (whole * meanLength);
      const weighted = (weight: number): Tensor => scale(inputs.mask, each * weight);
      backwardSum([action, weighted(1)], ...(predicted ? [[predicted, weighted(observationWeight)] as const] : []));
      const norm = this.#end ? this.#nothing : this.optimiser.apply();
      this.sums.add([action, predicted ?? this.#nothing, inputs.mask, norm], inputs.mask);
      return {};
    };
    const program = device.capture(() => inPrecision(device, precision, body));
    const captured = { program, ...inputs };
    this.#programs.set(time, captured);
    return captured;
  }

  /**
   * Reads, and starts anew, the means over the steps since the last call.
   * @throws NotFiniteError where one of them is NaN or infinite, or an update was skipped: it names the first
   * parameter, input or moment that is not finite, else the operation. The last update is run once more for that: go on
   * from what was saved before.
   */
  async metrics(): Promise<PretrainMetrics> {
    const { optimiser } = this;
    const { sums, updates, besides } = await this.sums.take([optimiser.skipped]);
    await requireFiniteUpdates(this.#device, { sums, updates, skipped: besides, optimisers: [optimiser] }, this.#replay());
    const [action, observation, seen, norm] = sums;
    return { steps: updates, actionNll: action / seen, observationNll: observation / seen, gradientNorm: norm / updates };
  }

  /**
   * Looks for what made a number of this training NaN or infinite, as `metrics` does. Returns where nothing is found.
   * @throws NotFiniteError that names it.
   */
  async explain(): Promise<void> {
    const last = this.#replay();
    if (last) await findCulprit(this.#device, last);
  }

  /** The last update, with the inputs of its last part in place. */
  #replay(): StepParts | undefined {
    if (!this.#last) return undefined;
    const { program } = this.#last;
    const programs = [this.#begin, program, this.#end].filter((some) => some !== undefined);
    return { stores: { model: this.store }, inputs: named(this.#last), optimisers: { model: this.optimiser }, programs };
  }

  dispose(): void {
    this.sums.dispose();
    this.#nothing.dispose();
    this.#begin?.dispose();
    this.#end?.dispose();
    for (const captured of this.#programs.values()) {
      captured.program.dispose();
      for (const input of Object.values(named(captured))) input.dispose();
    }
    this.#programs.clear();
  }
}

/** Inputs by name; parts of a record are numbered. */
function named({ observation, action, predicted, mask }: Captured): Record<string, Tensor> {
  return { ...numbered('observation', observation), ...numbered('action', action), ...numbered('predicted', predicted), mask };
}
