/** Pretraining: a base sequence model learns to predict expert actions, and a little of what is observed next. */
import {
  type AdamW,
  backwardSum,
  crossEntropy,
  type Device,
  type ParameterStore,
  type Program,
  RunningSums,
  scale,
  type Tensor,
} from '@coxswain/tensor';
import type { Transformer } from './model.js';

/** Expert sequences side by side, padded to one length. */
export interface SequenceBatch {
  readonly batch: number;
  readonly time: number;
  /** [batch·time, slots]: rows of the observation embedding, −1 for none. */
  readonly indices: Int32Array;
  /** [batch·time]: the expert's action after each observation. */
  readonly actions: Int32Array;
  /** [batch·time]: class of the observation that followed. */
  readonly observations: Int32Array;
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
}

/** Means over the steps since the last call. */
export interface PretrainMetrics {
  readonly steps: number;
  /** Nats per action. */
  readonly actionNll: number;
  /** Nats per observation. */
  readonly observationNll: number;
  readonly gradientNorm: number;
}

interface Captured {
  readonly program: Program;
  readonly indices: Tensor;
  readonly actions: Tensor;
  readonly observations: Tensor;
  readonly mask: Tensor;
}

/**
 * Minimises Σ_t −log p(a_t | o_1:t) − λ log p(o_{t+1} | o_1:t) per trajectory (arXiv 2512.20605, §3). The sum is divided by
 * the mean length of the data, not by the steps of the batch: batches hold sequences of similar length, and a mean over each
 * would count a step of a long sequence for less than one of a short one. One captured program for each sequence length, one
 * submit a step, no readback until metrics are asked for.
 */
export class Pretrainer {
  readonly #programs = new Map<number, Captured>();
  /** Action NLL, observation NLL and steps of sequences; gradient norms of updates. */
  readonly sums: RunningSums;
  readonly #device: Device;

  constructor(
    readonly model: Transformer,
    readonly store: ParameterStore,
    readonly optimiser: AdamW,
    readonly settings: PretrainSettings,
  ) {
    this.#device = store.device;
    this.sums = new RunningSums(this.#device, 4);
  }

  /** What an update on sequences of this length replays. */
  program(time: number): Program {
    return this.#captured(time).program;
  }

  /** Compiles what updates on sequences of this length run, many kernels at once; without it the first one compiles them one by one. */
  ready(time: number): Promise<void> {
    return this.program(time).ready();
  }

  /** One update on one batch at this learning rate. Awaits nothing. */
  step(batch: SequenceBatch, learningRate: number): void {
    const captured = this.#captured(batch.time);
    captured.indices.write(batch.indices);
    captured.actions.write(batch.actions);
    captured.observations.write(batch.observations);
    captured.mask.write(batch.mask);
    this.optimiser.prepare(learningRate);
    captured.program.run();
    this.sums.count();
  }

  #captured(time: number): Captured {
    return this.#programs.get(time) ?? this.#capture(time);
  }

  #capture(time: number): Captured {
    const { batch, observationWeight, meanLength } = this.settings;
    const n = batch * time;
    const device = this.#device;
    const inputs = {
      indices: device.tensor(new Int32Array(n * this.model.config.slots), [n, this.model.config.slots]),
      actions: device.tensor(new Int32Array(n)),
      observations: device.tensor(new Int32Array(n)),
      mask: device.tensor(new Float32Array(n)),
    };
    const program = device.capture(() => {
      this.store.zeroGradients();
      const { actions, observations } = this.model.forward(inputs.indices, { batch, time });
      const action = crossEntropy(actions, inputs.actions);
      const observation = crossEntropy(observations, inputs.observations);
      const each = 1 / (batch * meanLength);
      backwardSum([action, scale(inputs.mask, each)], [observation, scale(inputs.mask, each * observationWeight)]);
      const norm = this.optimiser.apply();
      this.sums.add([action, observation, inputs.mask, norm], inputs.mask);
      return {};
    });
    const captured = { program, ...inputs };
    this.#programs.set(time, captured);
    return captured;
  }

  /** Reads, and starts anew, the means over the steps since the last call. */
  async metrics(): Promise<PretrainMetrics> {
    const { sums, updates } = await this.sums.take();
    const [action, observation, seen, norm] = sums;
    return { steps: updates, actionNll: action / seen, observationNll: observation / seen, gradientNorm: norm / updates };
  }

  dispose(): void {
    this.sums.dispose();
    for (const { program, ...inputs } of this.#programs.values()) {
      program.dispose();
      for (const input of Object.values(inputs)) input.dispose();
    }
    this.#programs.clear();
  }
}
