/**
 * Supervised controllers: one low-rank U per true subgoal, the bound on what steering can do (arXiv 2512.20605, §4).
 */
import type { LeafValues } from '@coxswain/base';
import {
  type AdamW,
  backward,
  type Device,
  gatherRows,
  maskedMean,
  mul,
  noGrad,
  normal,
  type ParameterStore,
  type Program,
  requireFiniteUpdates,
  scale,
  steer,
  sum,
  type Tensor,
} from '@coxswain/tensor';
import { numbered, requireReadable, type SequenceModel, spaceTensors, writeValues } from '@coxswain/transformer';

/**
 * For each of `subgoals` a correction e ← e + B_g A_g e, chosen by label. They are the hypernetwork's kernels with a
 * one-hot in place of the decoder's hidden layer.
 */
export class SupervisedControllers {
  readonly #a: Tensor;
  readonly #b: Tensor;
  readonly #choices: Tensor;

  /** Declares the parameters in `store` (call `store.finish` afterwards). */
  constructor(
    readonly store: ParameterStore,
    readonly config: { readonly width: number; readonly subgoals: number; readonly rank: number },
  ) {
    const { width, subgoals, rank } = config;
    this.#a = store.declare('A', [subgoals * rank, width], normal(1 / Math.sqrt(width)));
    this.#b = store.declare('B', [subgoals * rank, width], normal(0.01));
    this.#choices = store.device.tensor(
      Float32Array.from({ length: subgoals * subgoals }, (_, i) => (i % (subgoals + 1) === 0 ? 1 : 0)),
      [subgoals, subgoals],
    );
  }

  /** @param residual [N, width]; @param subgoal u32 [N], the controller to use for each row. */
  steer(residual: Tensor, subgoal: Tensor): Tensor {
    return steer(residual, gatherRows(this.#choices, subgoal), this.#a, this.#b, this.config.rank);
  }

  dispose(): void {
    this.#choices.dispose();
  }
}

/** Demonstrations with labels, padded to one length. */
export interface LabelledBatch {
  readonly batch: number;
  readonly time: number;
  /** Of batch·time, an array for each leaf of the model's observation space. */
  readonly observation: readonly LeafValues[];
  /** Likewise. */
  readonly action: readonly LeafValues[];
  /** [batch·time] */
  readonly subgoals: ArrayLike<number>;
  readonly mask: Float32Array;
}

interface Captured {
  readonly program: Program<{ nll: Tensor }>;
  readonly observation: readonly Tensor[];
  readonly action: readonly Tensor[];
  readonly subgoals: Tensor;
  readonly mask: Tensor;
}

export interface SupervisedSettings {
  /** Layer l whose residual stream is steered. */
  readonly layer: number;
  /** Mean steps of an episode in the data: what the summed loss of a batch is divided by, times its size. */
  readonly meanLength: number;
}

/**
 * Trains supervised controllers on the frozen base, or measures them: NLL of the expert's actions under the right
 * controller.
 */
export class SupervisedTrainer {
  readonly #programs = new Map<string, Captured>();
  readonly #device: Device;
  /** What the last update ran. */
  #last: Captured | undefined;

  /** @param optimiser absent for one that only measures. */
  constructor(
    readonly base: SequenceModel,
    readonly controllers: SupervisedControllers,
    readonly settings: SupervisedSettings,
    readonly optimiser?: AdamW,
  ) {
    this.#device = base.device;
  }

  /**
   * Compiles what updates on batches of this size run, many kernels at once; without it the first one compiles them one
   * by one.
   */
  ready({ batch, time }: LabelledBatch): Promise<void> {
    return this.#captured(batch, time, true).program.ready();
  }

  /**
   * One update. Awaits nothing.
   * @throws ArgumentError, NotFiniteError for observations or a mask that no model can read; nothing is launched then.
   */
  step(batch: LabelledBatch, learningRate: number): void {
    requireReadable('SupervisedTrainer.step', batch, this.base.config);
    const captured = this.#write(batch, true);
    this.#last = captured;
    this.optimiser?.prepare(learningRate);
    captured.program.run();
  }

  /** Mean NLL of a batch, nats per action, without learning. */
  async nll(batch: LabelledBatch): Promise<number> {
    const { program } = this.#write(batch, false);
    program.run();
    return program.outputs.nll.item();
  }

  #write(batch: LabelledBatch, learn: boolean): Captured {
    const captured = this.#captured(batch.batch, batch.time, learn);
    writeValues(captured.observation, batch.observation);
    writeValues(captured.action, batch.action);
    captured.subgoals.write(Uint32Array.from(batch.subgoals));
    captured.mask.write(batch.mask);
    return captured;
  }

  #captured(batch: number, time: number, learn: boolean): Captured {
    const key = `${learn} ${batch} ${time}`;
    const captured = this.#programs.get(key) ?? this.#capture(batch, time, learn);
    this.#programs.set(key, captured);
    return captured;
  }

  #capture(batch: number, time: number, learn: boolean): Captured {
    const { layer, meanLength } = this.settings;
    const { base, controllers } = this;
    const n = batch * time;
    const device = this.#device;
    const inputs = {
      observation: spaceTensors(device, base.config.observation, n),
      action: spaceTensors(device, base.config.action, n),
      subgoals: device.tensor(new Uint32Array(n)),
      mask: device.tensor(new Float32Array(n)),
    };
    const size = { batch, time };
    const program = device.capture(() => {
      const residual = noGrad(() => base.blocks(base.embed(inputs.observation), size, 0, layer));
      const losses = base.action(base.blocks(controllers.steer(residual, inputs.subgoals), size, layer)).nll(inputs.action);
      if (learn && this.optimiser) {
        controllers.store.zeroGradients();
        backward(scale(sum(mul(losses, inputs.mask)), 1 / (batch * meanLength)));
        this.optimiser.apply();
      }
      return { nll: noGrad(() => maskedMean(losses.detach(), inputs.mask)) };
    });
    return { program, ...inputs };
  }

  /** @throws NotFiniteError that names the culprit where the last update's loss is not finite, or one was skipped. */
  async requireFinite(): Promise<void> {
    const { optimiser, controllers, base } = this;
    if (!this.#last || !optimiser) return;
    const { program } = this.#last;
    const inputs = named(this.#last);
    const [sums, skipped] = await this.#device.read([program.outputs.nll, optimiser.skipped]);
    const stores = { controllers: controllers.store, base: base.store };
    const last = { stores, inputs, optimisers: { controllers: optimiser }, programs: [program] };
    await requireFiniteUpdates(this.#device, { sums, updates: optimiser.step, skipped: [skipped], optimisers: [optimiser] }, last);
  }

  dispose(): void {
    for (const captured of this.#programs.values()) {
      captured.program.dispose();
      for (const input of Object.values(named(captured))) input.dispose();
    }
    this.#programs.clear();
  }
}

function named({ observation, action, subgoals, mask }: Captured): Record<string, Tensor> {
  return { ...numbered('observation', observation), ...numbered('action', action), subgoals, mask };
}
