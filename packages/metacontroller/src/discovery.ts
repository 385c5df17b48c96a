/** Discovery: a metacontroller learns on clean demonstrations which corrections of the frozen model are skills. */
import { type LeafValues, NONE } from '@coxswain/base';
import {
  type AdamW,
  backwardSum,
  type Device,
  findCulprit,
  gatherRows,
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
import {
  type Distribution,
  requireReadable,
  type SequenceModel,
  type SequenceSize,
  spaceTensors,
  writeValues,
} from '@coxswain/transformer';
import type { CodeGenerator, Discovery } from './metacontroller.js';

/** What the sequence embedder may look at; see the package's README and `docs/results`. */
export type View = 'same' | 'symmetry' | 'partner' | MomentView;

/**
 * Of an episode some moments only: at which something was touched, the base's residual jumped, a switch opened, or
 * drawn at random.
 */
export type MomentView = 'touches' | 'jumps' | 'switches' | 'random';

const MOMENT_VIEWS: readonly View[] = ['touches', 'jumps', 'switches', 'random'] satisfies MomentView[];

/** Whether the sequence embedder is shown some moments of an episode only. */
export const showsMoments = (view: View): view is MomentView => MOMENT_VIEWS.includes(view);

/** Demonstrations side by side, padded to one length. */
export interface DiscoveryBatch {
  readonly batch: number;
  readonly time: number;
  /**
   * Of batch·(time + 1): every observation, the final one included; an array for each leaf of the model's observation
   * space.
   */
  readonly observation: readonly LeafValues[];
  /** Of batch·time, likewise. */
  readonly action: readonly LeafValues[];
  /** [batch·time]: 1 where a step happened. */
  readonly mask: Float32Array;
  /** [batch]: steps of each episode. */
  readonly lengths: ArrayLike<number>;
  /** View `partner`: the episode of the batch that stands in for each. */
  readonly partner?: Uint32Array;
  /**
   * View `symmetry` and those of moments: the same episodes, under a random symmetry or as they are, like
   * `observation`.
   */
  readonly viewObservation?: readonly LeafValues[];
  /** Views of moments: the observations of each episode that the embedder sees, by their step, in order. */
  readonly viewSteps?: readonly ArrayLike<number>[];
}

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

/** How β is computed: what a schedule changes from step to step. */
export interface Gate {
  /** A value of the kernels' gate modes. */
  readonly mode: number;
  readonly temperature: number;
  /** σ(logit) at which a hard gate opens, 0 to 1; ½ when absent. Other modes do not read it. */
  readonly threshold?: number;
}

/** f32 [4], as the switch kernels read a gate: mode, temperature, threshold as a logit. */
export const gateValues = ({ mode, temperature, threshold = 0.5 }: Gate): Float32Array =>
  Float32Array.of(mode, temperature, Math.log(threshold / (1 - threshold)), 0);

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

export interface Inputs {
  readonly observation: readonly Tensor[];
  readonly action: readonly Tensor[];
  readonly mask: Tensor;
  readonly viewLengths: Tensor;
  readonly partner?: Tensor;
  readonly viewObservation?: readonly Tensor[];
  /** u32 [batch·(time + 1)]: rows of the view that are seen, `NONE` behind the last. */
  readonly viewRows?: Tensor;
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
  readonly #gate: Tensor;
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
    this.#gate = this.#device.zeros([4]);
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
    this.#gate.write(gateValues(options.gate));
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
      const options = { ...size, layer, embedderLayer, view, gate: this.#gate, noise, gateNoise, throughBase };
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
      inputs: { ...named(inputs), alpha: this.#alpha, gate: this.#gate },
      optimisers: { controller: optimiser, ...(baseOptimiser ? { base: baseOptimiser } : {}) },
      programs: [program],
    };
  }

  dispose(): void {
    this.sums.dispose();
    for (const tensor of [this.#gate, this.#alpha, this.#nothing]) tensor.dispose();
    this.#random.dispose();
    for (const { program, inputs } of this.#programs.values()) {
      program.dispose();
      for (const input of Object.values(named(inputs))) input.dispose();
    }
    this.#programs.clear();
  }
}

/** Device tensors for a batch of these sizes. */
export function makeInputs(base: SequenceModel, { batch, time }: SequenceSize, view: View): Inputs {
  const { device, config } = base;
  const observations = batch * (time + 1);
  const turned = view === 'symmetry' || showsMoments(view);
  return {
    observation: spaceTensors(device, config.observation, observations),
    action: spaceTensors(device, config.action, batch * time),
    mask: device.tensor(new Float32Array(batch * time)),
    viewLengths: device.tensor(new Uint32Array(batch)),
    ...(view === 'partner' ? { partner: device.tensor(new Uint32Array(batch)) } : {}),
    ...(turned ? { viewObservation: spaceTensors(device, config.observation, observations) } : {}),
    ...(showsMoments(view) ? { viewRows: device.tensor(new Uint32Array(observations)) } : {}),
  };
}

/** The tensors by name; further leaves of a record are numbered. */
function named(inputs: Inputs): Record<string, Tensor> {
  const entries = Object.entries(inputs as unknown as Record<string, Tensor | readonly Tensor[]>);
  return Object.fromEntries(
    entries.flatMap(([name, value]) =>
      Array.isArray(value) ? value.map((tensor, i) => [i ? `${name} ${i}` : name, tensor]) : [[name, value as Tensor]],
    ),
  );
}

/** Uploads a batch. */
export function writeInputs(inputs: Inputs, batch: DiscoveryBatch): void {
  writeValues(inputs.observation, batch.observation);
  writeValues(inputs.action, batch.action);
  inputs.mask.write(batch.mask);
  const { partner, viewSteps } = batch;
  const seen = (i: number): number => viewSteps?.[i].length ?? batch.lengths[partner && inputs.partner ? partner[i] : i] + 1;
  inputs.viewLengths.write(Uint32Array.from({ length: batch.batch }, (_, i) => seen(i)));
  if (inputs.partner && partner) inputs.partner.write(partner);
  if (inputs.viewObservation && batch.viewObservation) writeValues(inputs.viewObservation, batch.viewObservation);
  if (inputs.viewRows && viewSteps) {
    const whole = batch.time + 1;
    const rows = new Uint32Array(batch.batch * whole).fill(NONE);
    for (const [i, steps] of viewSteps.entries()) for (let k = 0; k < steps.length; k++) rows[i * whole + k] = i * whole + steps[k];
    inputs.viewRows.write(rows);
  }
}

export interface DiscoverOptions extends SequenceSize {
  readonly layer: number;
  readonly embedderLayer: number;
  readonly view: View;
  /** f32 [4]: `gateValues`. */
  readonly gate: Tensor;
  readonly noise?: Tensor;
  readonly gateNoise?: Tensor;
  /** Gradients flow into the base too, though not by way of another episode that the embedder looks at. */
  readonly throughBase?: boolean;
}

/**
 * The base below layer l, a code generator at it, the base above it; and the NLL of each action [batch·time]. With a
 * frozen base everything but the generator runs without recording gradients, except the blocks above, through which
 * they flow.
 */
export function discover(
  base: SequenceModel,
  generator: CodeGenerator,
  inputs: Inputs,
  options: DiscoverOptions,
): Discovery & { readonly nll: Tensor; readonly action: Distribution } {
  const { batch, time, layer, embedderLayer, view, gate, noise, gateNoise, throughBase = false } = options;
  const size = { batch, time };
  const whole = { batch, time: time + 1 };
  const between = (e: Tensor, from: number, to: number): Tensor => (from === to ? e : base.blocks(e, whole, from, to));
  const lowest = Math.min(layer, embedderLayer);
  const reading = throughBase ? <T>(read: () => T): T => read() : noGrad;
  const [residual, seen] = reading(() => {
    const lower = between(base.embed(inputs.observation), 0, lowest);
    const e = between(lower, lowest, layer);
    const { viewObservation, viewRows, partner } = inputs;
    if (viewObservation) {
      const turned = noGrad(() => between(base.embed(viewObservation), 0, embedderLayer));
      return [e, viewRows ? noGrad(() => gatherRows(turned, viewRows)) : turned];
    }
    const own = between(lower, lowest, embedderLayer);
    if (view === 'same' || !partner) return [e, own];
    const { width } = base.config;
    return [e, noGrad(() => gatherRows(own.reshape([batch, (time + 1) * width]), partner).reshape([batch * (time + 1), width]))];
  });
  const found = generator.discover(
    {
      residual,
      view: seen,
      viewLengths: inputs.viewLengths,
      observation: inputs.observation,
      mask: inputs.mask,
      gate,
      throughResidual: throughBase,
      ...(noise ? { noise } : {}),
      ...(gateNoise ? { gateNoise } : {}),
    },
    size,
  );
  const action = base.action(base.blocks(found.steered, size, layer));
  return { ...found, action, nll: action.nll(inputs.action) };
}
