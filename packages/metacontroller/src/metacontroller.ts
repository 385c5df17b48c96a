import {
  addRelu,
  besidePrevious,
  fanIn,
  gaussianPosterior,
  Linear,
  linear,
  noGrad,
  type ParameterStore,
  philoxLogistic,
  type RandomState,
  slice,
  type Tensor,
} from '@coxswain/tensor';
import type { SequenceSize } from '@coxswain/transformer';
import { checkMetacontrollerConfig, type MetacontrollerConfig } from './config.js';
import { declareGru, type GruParameters, recur, Steering } from './steering.js';

/** Bounds of log σ in the encoder. */
export const LOG_SIGMA = [-5, 3] as const;

/** What the full-sequence form computes for every step; all [batch·time, …] but β. */
export interface Discovery {
  /** Posterior mean and log standard deviation [batch·time, latent] (step 3). */
  readonly mu: Tensor;
  readonly logSigma: Tensor;
  /** KL(N(μ, Σ) ‖ N(0, I)) per step [batch·time]. */
  readonly kl: Tensor;
  /** Integrated codes [batch·time, latent] (step 5). */
  readonly z: Tensor;
  /** Switch [batch, time] (step 4). */
  readonly beta: Tensor;
  /** Steered residual stream [batch·time, width] (step 7). */
  readonly steered: Tensor;
  /** What else is to be minimised, nats per step and already weighted [batch·time]. */
  readonly further?: Tensor;
}

export interface DiscoveryInputs {
  /** Residual stream at the controlled layer, the final observation included: [batch·(time + 1), width]. */
  readonly residual: Tensor;
  /** Gradients flow into `residual` (co-training); by default none do. */
  readonly throughResidual?: boolean;
  /** Of batch·(time + 1): the observations themselves, a tensor for each leaf, for what reads those. */
  readonly observation?: readonly Tensor[];
  /** [batch·time]: 1 where a step happened. */
  readonly mask?: Tensor;
  /** What the sequence embedder sees instead (another view), same shape; the residual itself when absent. */
  readonly view?: Tensor;
  /** u32 [batch]: observations in each view (episode length + 1); the embedder holds its state over padding. */
  readonly viewLengths?: Tensor;
  /**
   * Standard normal noise for sampling codes, as `codeNoise` of the generator says; their means are taken when absent.
   */
  readonly noise?: Tensor;
  /** Logistic noise [batch, time] for the stochastic gates, or what the generator's boundaries are drawn with. */
  readonly gateNoise?: Tensor;
  /** f32 [4]: `gateValues` of a `Gate`. */
  readonly control: Tensor;
}

/**
 * Where the codes of a demonstration come from while skills are looked for: the metacontroller's encoder, or a
 * baseline's.
 */
export interface CodeGenerator extends Steering {
  discover(inputs: DiscoveryInputs, size: SequenceSize): Discovery;
  /** Shape of the normal noise it samples codes with. */
  codeNoise(size: SequenceSize): readonly number[];
  /** Noise of its switches: logistic for gates, Gumbel for boundaries. */
  gateNoise(random: RandomState, stream: number, size: SequenceSize): Tensor;
}

/**
 * The metacontroller (arXiv 2512.20605, §4, the seven steps of the method): to its causal half it adds the sequence
 * embedding and the encoder, which look at whole recorded episodes.
 */
export class Metacontroller extends Steering implements CodeGenerator {
  readonly #embedder: GruParameters;
  readonly #encoder: Readonly<Record<'step' | 'sequence' | 'bias', Tensor>>;
  readonly #code: Linear;

  /** Declares the parameters in `store` (call `store.finish` afterwards). */
  constructor(
    store: ParameterStore,
    override readonly config: MetacontrollerConfig,
  ) {
    super(store, config);
    checkMetacontrollerConfig(config);
    const { width: d, latent, history, embedding, encoder } = config;
    this.#embedder = declareGru(store, 'bwd', d, embedding);
    const inputs = d + history + embedding;
    this.#encoder = {
      // The encoder's first layer in two parts: what varies with the step, and what the embedder adds.
      step: store.declare('enc.0.step.weight', [encoder, d + history], fanIn(inputs)),
      sequence: store.declare('enc.0.sequence.weight', [encoder, embedding], fanIn(inputs)),
      bias: store.declare('enc.0.bias', [encoder], fanIn(inputs)),
    };
    this.#code = new Linear(store, 'enc.2', encoder, 2 * latent);
  }

  codeNoise({ batch, time }: SequenceSize): readonly number[] {
    return [batch * time, this.config.latent];
  }

  gateNoise(random: RandomState, stream: number, { batch, time }: SequenceSize): Tensor {
    return philoxLogistic(random, stream, [batch, time]);
  }

  /**
   * Steps 1 to 7 over whole sequences.
   * @param size batch and time of the actions (the residual has one step more).
   */
  discover(inputs: DiscoveryInputs, { batch, time }: SequenceSize): Discovery {
    const { width: d, latent, history, embedding, encoder } = this.config;
    const p = this.#encoder;
    const reading = inputs.throughResidual ? <T>(read: () => T): T => read() : noGrad;
    const whole = [batch, time + 1, d];
    const [x, seen] = reading(() => {
      const all = this.read(inputs.residual);
      return [all, inputs.view && inputs.view !== inputs.residual ? this.read(inputs.view) : all];
    });
    const e = reading(() => slice(inputs.residual.reshape(whole), 1, 0, time).reshape([batch * time, d]));
    // Over all observations, though nothing reads the last state: leaving out the last of each row would cost a copy.
    const h = this.remember(x, batch, time + 1);
    const context = besidePrevious(x.reshape(whole), h, time).reshape([batch * time, d + history]);
    const s = this.#sequenceEmbedding(seen, inputs.viewLengths, { batch, time });
    const ofStep = linear(context, p.step, { bias: p.bias }).reshape([batch, time, encoder]);
    const ofSequence = linear(s.reshape([s.size / embedding, embedding]), p.sequence).reshape([batch, s.shape[1], encoder]);
    const hidden = addRelu(ofStep, ofSequence).reshape([batch * time, encoder]);
    const code = this.#code.forward(hidden);
    const { mu, logSigma, sample: proposal, kl } = gaussianPosterior(code, LOG_SIGMA, inputs.noise);
    const { z, beta } = this.integrate(context, [batch, time], {
      proposal: proposal.reshape([batch, time, latent]),
      control: inputs.control,
      firstOpen: true,
      ...(inputs.gateNoise ? { noise: inputs.gateNoise } : {}),
    });
    const codes = z.reshape([batch * time, latent]);
    return { mu, logSigma, kl, z: codes, beta, steered: this.steer(codes, e) };
  }

  /** Step 2: the embedder runs from the last observation to the first. [batch, 1 or time, embedding] */
  #sequenceEmbedding(view: Tensor, lengths: Tensor | undefined, { batch, time }: SequenceSize): Tensor {
    const states = recur(this.#embedder, view, batch, time + 1, { reverse: true, ...(lengths ? { lengths } : {}) });
    return slice(states, 1, 0, this.config.pooled ? 1 : time);
  }
}
