import {
  addRelu,
  concat,
  constant,
  type Device,
  fanIn,
  gru,
  Linear,
  layerNorm,
  linear,
  normal,
  type ParameterStore,
  type SwitchInputs,
  steer,
  switchIntegrate,
  type Tensor,
} from '@coxswain/tensor';
import { checkSteeringConfig, type SteeringConfig } from './config.js';

const EPS = 1e-5;

/** Parameters of a GRU, by torch's names. */
export interface GruParameters {
  readonly wih: Tensor;
  readonly whh: Tensor;
  readonly bih: Tensor;
  readonly bhh: Tensor;
}

/** Declares a GRU over inputs of `width`. */
export function declareGru(store: ParameterStore, name: string, width: number, size: number): GruParameters {
  return {
    wih: store.declare(`${name}.weight_ih_l0`, [3 * size, width], fanIn(size)),
    whh: store.declare(`${name}.weight_hh_l0`, [3 * size, size], fanIn(size)),
    bih: store.declare(`${name}.bias_ih_l0`, [3 * size], fanIn(size)),
    bhh: store.declare(`${name}.bias_hh_l0`, [3 * size], fanIn(size)),
  };
}

/** A GRU over whole sequences: [batch·time, width] → [batch, time, size]. */
export function recur(
  g: GruParameters,
  x: Tensor,
  batch: number,
  time: number,
  options: { lengths?: Tensor; reverse?: boolean; h0?: Tensor } = {},
): Tensor {
  const gates = linear(x, g.wih, { bias: g.bih }).reshape([batch, time, g.wih.shape[0]]);
  return gru(gates, g.whh, g.bhh, options);
}

/**
 * The causal half of a metacontroller (arXiv 2512.20605, §4, steps 1, 4, 6 and 7): history, switch, hypernetwork,
 * steering. It is all that is left at test time, whatever the codes were found by. Every reader sees the residual
 * stream through a layer norm without parameters.
 */
export class Steering {
  readonly device: Device;
  readonly #history: GruParameters;
  /** What the switch's first layer reads of the stream and of the history. */
  readonly #switch: Linear;
  /** What it reads of the code before, and its second layer. */
  readonly #switchRest: Readonly<Record<'wz' | 'w2' | 'b2', Tensor>>;
  readonly #decoder: Linear;
  readonly #edit: Readonly<Record<'a' | 'b', Tensor>>;

  /** Declares the parameters in `store` (call `store.finish` afterwards). */
  constructor(
    readonly store: ParameterStore,
    readonly config: SteeringConfig,
  ) {
    checkSteeringConfig(config);
    this.device = store.device;
    const { width: d, latent, history, switch: hidden, decoder, rank } = config;
    this.#history = declareGru(store, 'gru', d, history);
    const terms = decoder + 1;
    this.#switch = new Linear(store, 'sw1', d + history, hidden);
    this.#switchRest = {
      wz: store.declare('swz.weight', [hidden, latent], fanIn(latent)),
      w2: store.declare('sw2.weight', [1, hidden], fanIn(hidden)),
      b2: store.declare('sw2.bias', [1], constant(config.switchBias)),
    };
    this.#decoder = new Linear(store, 'ctl.w', latent, decoder);
    this.#edit = {
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

  /** Step 1 over whole sequences: LN(e) [batch·time, width] → the history after each step [batch, time, history]. */
  remember(x: Tensor, batch: number, time: number): Tensor {
    return recur(this.#history, x, batch, time);
  }

  /** Steps 6 and 7: ê = e + B(z) A(z) e, for codes [N, latent] and residuals [N, width]. */
  steer(z: Tensor, residual: Tensor): Tensor {
    const c = this.#decoder.forward(z, { relu: true });
    return steer(residual, c, this.#edit.a, this.#edit.b, this.config.rank);
  }

  /** Steps 4 and 5 over whole sequences. @param context (LN(e_t), h_{t−1}) [batch·time, width + history] */
  integrate(context: Tensor, [batch, time]: readonly [number, number], inputs: Omit<SwitchInputs, 'pre' | 'wz' | 'w2' | 'b2'>) {
    return switchIntegrate({
      ...inputs,
      pre: this.#switch.forward(context).reshape([batch, time, this.config.switch]),
      ...this.#switchRest,
    });
  }

  /**
   * The switch's logit where the code held before is known already.
   * @param context (LN(e_t), h_{t−1}) [N, width + history]
   * @param previous z_{t−1} [N, latent]
   * @returns [N, 1]
   */
  switchLogit(context: Tensor, previous: Tensor): Tensor {
    const { wz, w2, b2 } = this.#switchRest;
    return linear(addRelu(this.#switch.forward(context), linear(previous, wz)), w2, { bias: b2 });
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
   * One causal step (what runs at test time): the switch reads LN(e_t), h_{t−1} and z_{t−1}; where it opens, or on a
   * row's first step, `proposal` becomes the code; then the history moves on. The state's tensors are updated in place.
   * @param residual [rows, width]
   * @param proposal the codes to take where the switch opens [rows, latent]
   * @param control f32 [4]: `gateValues` of a gate; hard at test time.
   */
  step(residual: Tensor, proposal: Tensor, state: StepState, control: Tensor): { z: Tensor; beta: Tensor; steered: Tensor } {
    const { h, ...stepped } = this.advance(residual, proposal, state, control);
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
  advance(residual: Tensor, proposal: Tensor, state: StepState, control: Tensor, x = this.read(residual)): Advanced {
    const rows = residual.shape[0];
    const { latent, history } = this.config;
    const { z, beta } = this.integrate(concat([x, state.h], 1), [rows, 1], {
      proposal: proposal.reshape([rows, 1, latent]),
      control,
      z0: state.z,
      opened: state.starts,
    });
    const h = recur(this.#history, x, rows, 1, { h0: state.h }).reshape([rows, history]);
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
