import {
  addRelu,
  besidePrevious,
  concat,
  type Device,
  gaussianPosterior,
  gru,
  layerNorm,
  linear,
  noGrad,
  type ParameterStore,
  slice,
  steer,
  switchIntegrate,
  type Tensor,
} from '@coxswain/tensor';
import { constant, fanIn, normal, type SequenceSize } from '@coxswain/transformer';
import { checkMetacontrollerConfig, type MetacontrollerConfig } from './config.js';

/** Bounds of log σ in the encoder. */
const LOG_SIGMA = [-5, 3] as const;
const EPS = 1e-5;

interface GruParameters {
  readonly wih: Tensor;
  readonly whh: Tensor;
  readonly bih: Tensor;
  readonly bhh: Tensor;
}

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
}

export interface DiscoveryInputs {
  /** Residual stream at the controlled layer, the final observation included: [batch·(time + 1), width]. No gradient flows into it. */
  readonly residual: Tensor;
  /** What the sequence embedder sees instead (another view), same shape; the residual itself when absent. */
  readonly view?: Tensor;
  /** u32 [batch]: observations in each view (episode length + 1); the embedder holds its state over padding. */
  readonly viewLengths?: Tensor;
  /** Standard normal noise [batch·time, latent] for sampling codes; their means are taken when absent. */
  readonly noise?: Tensor;
  /** Logistic noise [batch, time] for the stochastic gates. */
  readonly gateNoise?: Tensor;
  /** f32 [4]: gate mode and temperature, a `GATE_MODE` of the tensor package. */
  readonly gate: Tensor;
}

/**
 * The metacontroller (arXiv 2512.20605, §4, the seven steps of the method): history, sequence embedding, encoder, switch,
 * temporal integration, hypernetwork, steering. Every reader sees the residual stream through a layer norm without parameters.
 */
export class Metacontroller {
  readonly device: Device;
  readonly #history: GruParameters;
  readonly #embedder: GruParameters;
  readonly #parameters: Readonly<Record<string, Tensor>>;

  /** Declares the parameters in `store` (call `store.finish` afterwards). */
  constructor(
    readonly store: ParameterStore,
    readonly config: MetacontrollerConfig,
  ) {
    checkMetacontrollerConfig(config);
    this.device = store.device;
    const { width: d, latent, history, embedding, encoder, switch: hidden, decoder, rank } = config;
    const recurrent = (name: string, size: number): GruParameters => ({
      wih: store.declare(`${name}.weight_ih_l0`, [3 * size, d], fanIn(size)),
      whh: store.declare(`${name}.weight_hh_l0`, [3 * size, size], fanIn(size)),
      bih: store.declare(`${name}.bias_ih_l0`, [3 * size], fanIn(size)),
      bhh: store.declare(`${name}.bias_hh_l0`, [3 * size], fanIn(size)),
    });
    this.#history = recurrent('gru', history);
    this.#embedder = recurrent('bwd', embedding);
    const inputs = d + history + embedding;
    const terms = decoder + 1;
    this.#parameters = {
      // The encoder's first layer in two parts: what varies with the step, and what the embedder adds.
      encoderStep: store.declare('enc.0.step.weight', [encoder, d + history], fanIn(inputs)),
      encoderSequence: store.declare('enc.0.sequence.weight', [encoder, embedding], fanIn(inputs)),
      encoderBias: store.declare('enc.0.bias', [encoder], fanIn(inputs)),
      codeWeight: store.declare('enc.2.weight', [2 * latent, encoder], fanIn(encoder)),
      codeBias: store.declare('enc.2.bias', [2 * latent], fanIn(encoder)),
      switchWeight: store.declare('sw1.weight', [hidden, d + history], fanIn(d + history)),
      switchBias: store.declare('sw1.bias', [hidden], fanIn(d + history)),
      switchCode: store.declare('swz.weight', [hidden, latent], fanIn(latent)),
      switchOut: store.declare('sw2.weight', [1, hidden], fanIn(hidden)),
      switchOutBias: store.declare('sw2.bias', [1], constant(config.switchBias)),
      decoderWeight: store.declare('ctl.w.weight', [decoder, latent], fanIn(latent)),
      decoderBias: store.declare('ctl.w.bias', [decoder], fanIn(latent)),
      // The last of the (decoder + 1) blocks is the bias of the hypernetwork's linear output; it starts larger.
      a: store.declare('ctl.A', [terms * rank, d], (values, shape, random) => {
        normal(0.3 / Math.sqrt(d))(values, shape, random);
        normal(1 / Math.sqrt(d))(values.subarray(decoder * rank * d), shape, random);
      }),
      b: store.declare('ctl.B', [terms * rank, d], normal(0.02 / Math.sqrt(rank))),
    };
  }

  /** What every reader sees of the residual stream: LN(e) without parameters. */
  read(residual: Tensor): Tensor {
    return layerNorm(residual, { eps: EPS });
  }

  /**
   * Steps 1 to 7 over whole sequences.
   * @param size batch and time of the actions (the residual has one step more).
   */
  discover(inputs: DiscoveryInputs, { batch, time }: SequenceSize): Discovery {
    const { width: d, latent, history, embedding, encoder } = this.config;
    const p = this.#parameters;
    const whole = [batch, time + 1, d];
    const [x, seen] = noGrad(() => {
      const all = this.read(inputs.residual);
      return [all, inputs.view && inputs.view !== inputs.residual ? this.read(inputs.view) : all];
    });
    const e = noGrad(() => slice(inputs.residual.reshape(whole), 1, 0, time).reshape([batch * time, d]));
    // Over all observations, though nothing reads the last state: leaving out the last of each row would cost a copy.
    const h = this.#recur(this.#history, x, batch, time + 1);
    const context = besidePrevious(x.reshape(whole), h, time).reshape([batch * time, d + history]);
    const s = this.#sequenceEmbedding(seen, inputs.viewLengths, { batch, time });
    const ofStep = linear(context, p.encoderStep, { bias: p.encoderBias }).reshape([batch, time, encoder]);
    const ofSequence = linear(s.reshape([s.size / embedding, embedding]), p.encoderSequence).reshape([batch, s.shape[1], encoder]);
    const hidden = addRelu(ofStep, ofSequence).reshape([batch * time, encoder]);
    const code = linear(hidden, p.codeWeight, { bias: p.codeBias });
    const { mu, logSigma, sample: proposal, kl } = gaussianPosterior(code, LOG_SIGMA, inputs.noise);
    const { z, beta } = switchIntegrate({
      proposal: proposal.reshape([batch, time, latent]),
      pre: linear(context, p.switchWeight, { bias: p.switchBias }).reshape([batch, time, this.config.switch]),
      wz: p.switchCode,
      w2: p.switchOut,
      b2: p.switchOutBias,
      control: inputs.gate,
      firstOpen: true,
      ...(inputs.gateNoise ? { noise: inputs.gateNoise } : {}),
    });
    const codes = z.reshape([batch * time, latent]);
    return { mu, logSigma, kl, z: codes, beta, steered: this.steer(codes, e) };
  }

  /** Steps 6 and 7: ê = e + B(z) A(z) e, for codes [N, latent] and residuals [N, width]. */
  steer(z: Tensor, residual: Tensor): Tensor {
    const p = this.#parameters;
    const c = linear(z, p.decoderWeight, { bias: p.decoderBias, relu: true });
    return steer(residual, c, p.a, p.b, this.config.rank);
  }

  /** Step 1 up to the recurrence, then the recurrence: [batch·time, width] → [batch, time, size]. */
  #recur(
    g: GruParameters,
    x: Tensor,
    batch: number,
    time: number,
    options: { lengths?: Tensor; reverse?: boolean; h0?: Tensor } = {},
  ): Tensor {
    const gates = linear(x, g.wih, { bias: g.bih }).reshape([batch, time, g.wih.shape[0]]);
    return gru(gates, g.whh, g.bhh, options);
  }

  /** Step 2: the embedder runs from the last observation to the first. [batch, 1 or time, embedding] */
  #sequenceEmbedding(view: Tensor, lengths: Tensor | undefined, { batch, time }: SequenceSize): Tensor {
    const states = this.#recur(this.#embedder, view, batch, time + 1, { reverse: true, ...(lengths ? { lengths } : {}) });
    return slice(states, 1, 0, this.config.pooled ? 1 : time);
  }

  /** The causal state of the one-step form for `rows` sequences, at their beginning. */
  start(rows: number): StepState {
    const { history, latent } = this.config;
    return {
      h: this.device.zeros([rows, history]),
      z: this.device.zeros([rows, latent]),
      starts: this.device.tensor(new Uint32Array(rows).fill(1)),
    };
  }

  /**
   * One causal step (what runs at test time): the switch reads LN(e_t), h_{t−1} and z_{t−1}; where it opens, or on a row's
   * first step, `proposal` becomes the code; then the history moves on. The state's tensors are updated in place.
   * @param residual [rows, width]
   * @param proposal the codes to take where the switch opens [rows, latent]
   * @param gate f32 [4] as in `discover`; hard at test time.
   */
  step(residual: Tensor, proposal: Tensor, state: StepState, gate: Tensor): { z: Tensor; beta: Tensor; steered: Tensor } {
    const { h, ...stepped } = this.advance(residual, proposal, state, gate);
    this.device.copy(h, state.h);
    this.device.copy(stepped.z, state.z);
    this.device.zero(state.starts);
    return stepped;
  }

  /**
   * `step` for those who keep the state elsewhere: it is left as it is.
   * @param x LN(e_t) [rows, width], where it is there already.
   * @returns besides, the history after the step `h` [rows, history]; the code that is held from now on is `z`.
   */
  advance(residual: Tensor, proposal: Tensor, state: StepState, gate: Tensor, x = this.read(residual)): Advanced {
    const rows = residual.shape[0];
    const { latent, history } = this.config;
    const p = this.#parameters;
    const context = concat([x, state.h], 1);
    const { z, beta } = switchIntegrate({
      proposal: proposal.reshape([rows, 1, latent]),
      pre: linear(context, p.switchWeight, { bias: p.switchBias }).reshape([rows, 1, this.config.switch]),
      wz: p.switchCode,
      w2: p.switchOut,
      b2: p.switchOutBias,
      control: gate,
      z0: state.z,
      opened: state.starts,
    });
    const h = this.#recur(this.#history, x, rows, 1, { h0: state.h }).reshape([rows, history]);
    const code = z.reshape([rows, latent]);
    return { z: code, beta: beta.reshape([rows]), steered: this.steer(code, residual), h };
  }
}

/** What one causal step makes. */
export interface Advanced {
  /** The code that is held [rows, latent]. */
  readonly z: Tensor;
  /** [rows]: 1 where the switch was open. */
  readonly beta: Tensor;
  /** [rows, width] */
  readonly steered: Tensor;
  /** History after the step [rows, history]. */
  readonly h: Tensor;
}

/** State of the one-step form; `step` updates it in place. */
export interface StepState {
  readonly h: Tensor;
  /** The code that is held. */
  readonly z: Tensor;
  /** u32 [rows]: 1 where the next step is an episode's first, at which the switch is open whatever it reads. */
  readonly starts: Tensor;
}
