import { outOfRange } from '@coxswain/base';
import { add, concat, fanIn, gru, type Initialiser, Linear, linear, type ParameterStore, type Tensor, zeros } from '@coxswain/tensor';
import type { SequenceSize } from '@coxswain/transformer';

export type PolicyConfig = {
  /** Width d of the residual stream that it reads. */
  readonly width: number;
  /** Code size n_z. */
  readonly latent: number;
  /** Width of its GRU. */
  readonly history: number;
  /** Hidden units of its head. */
  readonly head: number;
};

/** The parameter that is log σ of the codes, [latent], before exploration. */
export const LOG_STD = 'ls';

/** Mean and standard deviation of each dimension of the codes at switches over the data, `[latent]` both. */
export type CodeStatistics = { readonly mean: ArrayLike<number>; readonly std: ArrayLike<number> };

/**
 * The causal policy π(z | e_1:t) that takes the encoder's place (arXiv 2512.20605, §5; there one Hawk block of width
 * 256): a GRU over LN(e), a head of one hidden layer on [h_t, LN(e_t)], and a diagonal Gaussian with a learned spread
 * that is the same in every state. It starts as the codes' own distribution, widened: **our choice**, since with a
 * small α they are not N(0, I).
 */
export class Policy {
  /** What is learned of the spread [latent]. */
  readonly #logStd: Tensor;
  /** [1]: added to it, the same for all dimensions; 0 unless `explore` says otherwise. */
  readonly #exploration: Tensor;
  readonly #gru: { readonly wih: Tensor; readonly whh: Tensor; readonly bih: Tensor; readonly bhh: Tensor };
  readonly #hidden: Linear;
  readonly #mean: Linear;

  /**
   * Declares the parameters in `store` (call `store.finish` afterwards).
   * @param codes where it starts.
   * @param spread its first standard deviation, in standard deviations of the codes.
   * @throws CoxswainError where the statistics do not fit the code size or have no spread.
   */
  constructor(
    readonly store: ParameterStore,
    readonly config: PolicyConfig,
    codes: CodeStatistics,
    spread = 1.2,
  ) {
    const { width, latent, history, head } = config;
    checkStatistics(codes, latent, spread);
    const copyOf =
      (source: ArrayLike<number>): Initialiser =>
      (values) => {
        values.set(source);
      };
    this.#gru = {
      wih: store.declare('gru.weight_ih_l0', [3 * history, width], fanIn(history)),
      whh: store.declare('gru.weight_hh_l0', [3 * history, history], fanIn(history)),
      bih: store.declare('gru.bias_ih_l0', [3 * history], fanIn(history)),
      bhh: store.declare('gru.bias_hh_l0', [3 * history], fanIn(history)),
    };
    this.#hidden = new Linear(store, 'head.0', history + width, head);
    this.#mean = new Linear(store, 'head.2', head, latent, { weight: zeros, bias: copyOf(codes.mean) });
    this.#exploration = store.device.zeros([1]);
    this.#logStd = store.declare(LOG_STD, [latent], copyOf(Float32Array.from(codes.std, (std) => Math.log(spread * std))));
  }

  /** log σ of the codes it proposes [latent]: what is learned, and how far it explores at present. */
  get logStd(): Tensor {
    return add(this.#logStd, this.#exploration);
  }

  /**
   * Sets how far it explores: σ is what is learned times `share`. A schedule that narrows it lets the means be learned
   * more and more exactly.
   */
  explore(share: number): void {
    if (!(share > 0 && Number.isFinite(share))) throw outOfRange('share', share, 'a positive number');
    this.#exploration.write(Float32Array.of(Math.log(share)));
  }

  /** Frees what it holds besides its parameters. */
  dispose(): void {
    this.#exploration.dispose();
  }

  /**
   * The GRU's states over whole sequences.
   * @param x LN(e) [batch·time, width], a sequence's steps side by side.
   * @param lengths u32 [batch]: steps of each sequence, all `time` when absent; states past them are of no use.
   * @returns [batch·time, history]
   */
  histories(x: Tensor, { batch, time }: SequenceSize, lengths?: Tensor): Tensor<'f32'> {
    const { whh, bhh } = this.#gru;
    const { history } = this.config;
    const gates = this.#gates(x).reshape([batch, time, 3 * history]);
    return gru(gates, whh, bhh, { lengths }).reshape([batch * time, history]);
  }

  /**
   * The same over sequences that are packed, longest first: time after time, all that have a step at it.
   * @param x LN(e) [rows, width].
   * @param size how many there are, and what none of them is longer than.
   * @param lengths u32 [batch + time + 1]: steps of each, then where each time begins and the last ends.
   * @returns [rows, history]
   */
  packedHistories(x: Tensor, { batch, time }: SequenceSize, lengths: Tensor): Tensor<'f32'> {
    const { whh, bhh } = this.#gru;
    return gru(this.#gates(x), whh, bhh, { lengths, packed: { batch, time } });
  }

  /**
   * Means of the codes it proposes.
   * @param h what `histories` gave at these steps, [rows, history].
   * @param x LN(e) there, [rows, width].
   * @returns [rows, latent]
   */
  means(h: Tensor, x: Tensor): Tensor<'f32'> {
    return this.#mean.forward(this.#hidden.forward(concat([h, x], 1), { relu: true }));
  }

  /**
   * Means at one step.
   * @param x LN(e_t) [rows, width]
   * @param h the GRU's state after the steps before, [rows, history]; zeros at the first.
   * @returns the mean [rows, latent] and the new state [rows, history].
   */
  step(x: Tensor, h: Tensor): { mean: Tensor<'f32'>; h: Tensor<'f32'> } {
    const { whh, bhh } = this.#gru;
    const { history } = this.config;
    const [rows] = x.shape;
    const next = gru(this.#gates(x).reshape([rows, 1, 3 * history]), whh, bhh, { h0: h }).reshape([rows, history]);
    return { mean: this.means(next, x), h: next };
  }

  /** The GRU's projected inputs [rows, 3·history]. */
  #gates(x: Tensor): Tensor {
    const { wih, bih } = this.#gru;
    return linear(x, wih, { bias: bih });
  }
}

function checkStatistics({ mean, std }: CodeStatistics, latent: number, spread: number): void {
  if (mean.length !== latent) throw outOfRange('codes.mean', `a list of ${mean.length}`, `one of ${latent}`);
  if (std.length !== latent) throw outOfRange('codes.std', `a list of ${std.length}`, `one of ${latent}`);
  if (!(spread > 0)) throw outOfRange('spread', spread, 'a positive number');
  for (let i = 0; i < latent; i++) {
    if (!Number.isFinite(mean[i])) throw outOfRange(`codes.mean[${i}]`, mean[i], 'a finite number');
    if (!(std[i] > 0)) throw outOfRange(`codes.std[${i}]`, std[i], 'a positive number');
  }
}
