/** Discovery: a metacontroller learns on clean demonstrations which corrections of the frozen model are skills. */
import {
  type AdamW,
  backwardSum,
  type Device,
  findCulprit,
  inPrecision,
  mul,
  noGrad,
  type Precision,
  type Program,
  philoxNormal,
  RandomState,
  RunningSums,
  requireFiniteUpdates,
  type StepParts,
  scale,
  type Tensor,
} from '@coxswain/tensor';
import { requireReadable, type SequenceModel } from '@coxswain/transformer';
import { codeStatistics } from './alignment.js';
import { discover } from './discover.js';
import { type DiscoveryBatch, type Inputs, makeInputs, namedInputs, type View, writeInputs } from './discovery-inputs.js';
import { type Gate, gateValues } from './gate.js';
import type { CodeGenerator } from './metacontroller.js';
import type { CodeStatistics } from './parts.js';

export interface DiscoverySettings {
  readonly batch: number;
  /** Mean steps of an episode in the data: what the summed loss of a batch is divided by, times `batch`. */
  readonly meanLength: number;
  /** Layer l whose residual stream is read and steered. */
  readonly layer: number;
  /**
   * Layer whose residual stream the sequence embedder reads; l itself in the paper. The embedder only runs on recorded
   * episodes, so it may look further up the model than the controller acts.
   */
  readonly embedderLayer: number;
  readonly view: View;
  readonly seed: number;
  /**
   * Co-training (a baseline of the paper, §5): the base, which has to be trainable, learns on the same loss. By default
   * it is frozen.
   */
  readonly baseOptimiser?: AdamW;
  /** As of a `Pretrainer`; optimisers then need `gradientScale: LOSS_SCALE`. */
  readonly precision?: Precision;
}

/** Means over the steps of the episodes since the last call. */
export interface DiscoveryMetrics {
  /** Updates. */
  readonly steps: number;
  /** Nats per action. */
  readonly actionNll: number;
  /** Nats per step. */
  readonly kl: number;
  /** Mean β over all steps. */
  readonly beta: number;
  /** What else the generator minimises, nats per step; 0 where there is nothing. */
  readonly further: number;
  readonly gradientNorm: number;
}

/** Of random numbers in training. */
const TRAINING_STREAM = { code: 1, gate: 2 } as const;

/**
 * Minimises Σ_t −log p(a_t | o_1:t, z_1:t) + α KL(N(μ_t, Σ_t) ‖ N(0, I)) per trajectory with the base frozen (arXiv
 * 2512.20605, §4), divided by the mean length of the data so that steps of long and of short episodes count alike (see
 * `Pretrainer`). One captured program per sequence length; awaits nothing until metrics are asked for.
 */
export class DiscoveryTrainer {
  readonly #programs = new Map<number, { program: Program; inputs: Inputs }>();
  /** Action NLL, KL, β and steps of episodes; gradient norms of updates; what else is minimised. */
  readonly sums: RunningSums;
  /** f32 [4]: `gateValues`. */
  readonly #control: Tensor;
  readonly #alpha: Tensor;
  /** A zero. */
  readonly #nothing: Tensor;
  readonly #random: RandomState;
  readonly #device: Device;
  readonly #optimisers: readonly AdamW[];
  /** What the last update ran. */
  #last: { readonly program: Program; readonly inputs: Inputs } | undefined;

  constructor(
    readonly base: SequenceModel,
    readonly controller: CodeGenerator,
    readonly optimiser: AdamW,
    readonly settings: DiscoverySettings,
  ) {
    this.#device = controller.device;
    this.sums = new RunningSums(this.#device, 6);
    this.#control = this.#device.zeros([4]);
    this.#alpha = this.#device.zeros([1]);
    this.#nothing = this.#device.zeros([1]);
    this.#random = new RandomState(this.#device, settings.seed);
    this.#optimisers = [optimiser, ...(settings.baseOptimiser ? [settings.baseOptimiser] : [])];
  }

  /** What an update on sequences of this length replays. */
  program(time: number): Program {
    return this.#captured(time).program;
  }

  /**
   * Compiles what updates on sequences of this length run, many kernels at once; without it the first one compiles them
   * one by one.
   */
  ready(time: number): Promise<void> {
    return this.program(time).ready();
  }

  /**
   * One update.
   * @param step its number in the run, which its random numbers are a function of.
   * @throws ArgumentError, NotFiniteError for observations or a mask that no model can read; nothing is launched then.
   */
  step(batch: DiscoveryBatch, options: { step: number; learningRate: number; alpha: number; gate: Gate }): void {
    requireReadable('DiscoveryTrainer.step', batch, this.base.config, batch.time + 1);
    const captured = this.#captured(batch.time);
    this.#last = captured;
    writeInputs(captured.inputs, batch);
    this.#control.write(gateValues(options.gate));
    this.#alpha.write(Float32Array.of(options.alpha));
    this.#random.write(options.step);
    for (const optimiser of this.#optimisers) optimiser.prepare(options.learningRate);
    captured.program.run();
    this.sums.count();
  }

  #captured(time: number): { program: Program; inputs: Inputs } {
    return this.#programs.get(time) ?? this.#capture(time);
  }

  #capture(time: number): { program: Program; inputs: Inputs } {
    const { batch, meanLength, layer, embedderLayer, view, baseOptimiser, precision = 'f32' } = this.settings;
    const { base, controller } = this;
    const device = this.#device;
    const inputs = makeInputs(base, { batch, time }, view);
    const body = () => {
      for (const { store } of this.#optimisers) store.zeroGradients();
      const size = { batch, time };
      const noise = noGrad(() => philoxNormal(this.#random, TRAINING_STREAM.code, controller.codeNoise(size)));
      const gateNoise = noGrad(() => controller.gateNoise(this.#random, TRAINING_STREAM.gate, size));
      const throughBase = baseOptimiser !== undefined;
      const options = { ...size, layer, embedderLayer, view, control: this.#control, noise, gateNoise, throughBase };
      const found = discover(base, controller, inputs, options);
      const each = scale(inputs.mask, this.optimiser.gradientScale / (batch * meanLength));
      const further = found.further ? [[found.further, each] as const] : [];
      backwardSum([found.nll, each], [found.kl, mul(each, this.#alpha)], ...further);
      const [norm] = this.#optimisers.map((optimiser) => optimiser.apply());
      this.sums.add([found.nll, found.kl, found.beta, inputs.mask, norm, found.further ?? this.#nothing], inputs.mask);
      return {};
    };
    const program = device.capture(() => inPrecision(device, precision, body));
    const captured = { program, inputs };
    this.#programs.set(time, captured);
    return captured;
  }

  /**
   * Reads, and starts anew, the means over the steps since the last call.
   * @throws NotFiniteError that names the culprit where one of them is NaN or infinite, or an update was skipped; see
   * `Pretrainer.metrics`.
   */
  async metrics(): Promise<DiscoveryMetrics> {
    const { sums, updates, besides } = await this.sums.take(this.#optimisers.map(({ skipped }) => skipped));
    await requireFiniteUpdates(this.#device, { sums, updates, skipped: besides, optimisers: this.#optimisers }, this.#replay());
    const [nll, kl, beta, seen, norm, further] = sums;
    return {
      steps: updates,
      actionNll: nll / seen,
      kl: kl / seen,
      beta: beta / seen,
      further: further / seen,
      gradientNorm: norm / updates,
    };
  }

  /**
   * Mean and spread of the codes that are taken where switches open on a batch, and how many they are: what a `Policy`
   * starts from. Learns nothing.
   * @param step what its random numbers are a function of. @param gate hard, as at test time.
   */
  async codes(batch: DiscoveryBatch, { step, gate }: { step: number; gate: Gate }): Promise<CodeStatistics & { readonly count: number }> {
    const { controller, base } = this;
    const device = this.#device;
    using _scope = device.scope();
    const { layer, embedderLayer, view } = this.settings;
    const size = { batch: batch.batch, time: batch.time };
    const inputs = makeInputs(base, size, view);
    writeInputs(inputs, batch);
    this.#random.write(step);
    const { z, beta } = noGrad(() => {
      const noise = philoxNormal(this.#random, TRAINING_STREAM.code, controller.codeNoise(size));
      const control = device.tensor(gateValues(gate));
      return discover(base, controller, inputs, { ...size, layer, embedderLayer, view, control, noise });
    });
    const [codes, open] = await device.read([z, beta]);
    return codeStatistics(codes, controller.config.latent, (row) => batch.mask[row] > 0 && open[row] > 0.5);
  }

  /**
   * Looks for what made a number of this training NaN or infinite, as `metrics` does. Returns where nothing is found.
   * @throws NotFiniteError that names it.
   */
  async explain(): Promise<void> {
    const last = this.#replay();
    if (last) await findCulprit(this.#device, last);
  }

  /** The last update, with its inputs in place. */
  #replay(): StepParts | undefined {
    if (!this.#last) return undefined;
    const { program, inputs } = this.#last;
    const { base, controller, optimiser } = this;
    const { baseOptimiser } = this.settings;
    return {
      stores: { controller: controller.store, base: base.store },
      inputs: { ...namedInputs(inputs), alpha: this.#alpha, gate: this.#control },
      optimisers: { controller: optimiser, ...(baseOptimiser ? { base: baseOptimiser } : {}) },
      programs: [program],
    };
  }

  dispose(): void {
    this.sums.dispose();
    for (const tensor of [this.#control, this.#alpha, this.#nothing]) tensor.dispose();
    this.#random.dispose();
    for (const { program, inputs } of this.#programs.values()) {
      program.dispose();
      for (const input of Object.values(namedInputs(inputs))) input.dispose();
    }
    this.#programs.clear();
  }
}
