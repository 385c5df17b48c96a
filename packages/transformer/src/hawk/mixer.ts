import {
  add,
  batchedMatmul,
  causalConvolution,
  causalConvolutionStep,
  gatherRows,
  geluTanh,
  type Initialiser,
  Linear,
  layerNorm,
  mul,
  permute,
  rgLru,
  scatterRowsOf,
  type Tensor,
  zeros,
} from '@coxswain/tensor';
import type { BlockMemory, Memory } from '../memory.js';
import type { Declaring, Mixer, Norm } from '../residual-model.js';
import type { SequenceSize } from '../sequence-model.js';
import type { HawkConfig } from './config.js';

/** Λ for decays a⁸ spread evenly over 0.9 to 0.999 (arXiv 2402.19427, §2.4): a = exp(−softplus(Λ)). */
const decays: Initialiser = (values, _shape, random) => {
  for (let i = 0; i < values.length; i++) {
    const perStep = -Math.log(0.9 + 0.099 * random.uniform()) / 8;
    values[i] = Math.log(Math.expm1(perStep));
  }
};

/** Parameters of a layer that is not linear. */
interface Affine {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/**
 * Hawk's recurrent block: GeLU of one projection of LN(e), times the RG-LRU of the convolution of another, projected
 * back (arXiv 2402.19427, figure 2).
 */
export class RecurrentMixer implements Mixer {
  readonly #x: Linear;
  readonly #y: Linear;
  readonly #output: Linear;
  /** [taps, width] and [width]. */
  readonly #convolution: Affine;
  /**
   * [heads, 2·width/heads, width/heads] and [2·width]: recurrence gates of a head, then its input gates; biases of all
   * r, then of all i.
   */
  readonly #gates: Affine;
  readonly #lambda: Tensor;

  constructor(
    at: string,
    private readonly config: HawkConfig,
    { store, weight, output, bias }: Declaring,
  ) {
    const { width, heads, taps } = config;
    const dense = (name: string, start: Initialiser): Linear =>
      new Linear(store, `${at}.${name}`, width, width, { weight: start, bias: bias(width) });
    const share = width / heads;
    this.#x = dense('x', weight(width));
    this.#y = dense('y', weight(width));
    this.#convolution = {
      weight: store.declare(`${at}.conv.weight`, [taps, width], weight(taps)),
      bias: store.declare(`${at}.conv.bias`, [width], bias(taps)),
    };
    this.#gates = {
      weight: store.declare(`${at}.gates.weight`, [heads, 2 * share, share], weight(share)),
      bias: store.declare(`${at}.gates.bias`, [2 * width], zeros),
    };
    this.#lambda = store.declare(`${at}.lambda`, [width], decays);
    this.#output = dense('o', output(width));
  }

  mix(e: Tensor, norm: Norm, { batch, time }: SequenceSize): Tensor {
    const { width } = this.config;
    const { x, y } = this.#branches(e, norm);
    const { weight, bias } = this.#convolution;
    const seen = causalConvolution(x.reshape([batch, time, width]), weight, { bias });
    const gates = this.#gatesOf(seen.reshape([batch * time, width])).reshape([batch, time, 2 * width]);
    const h = rgLru({ x: seen, gates, lambda: this.#lambda });
    return this.#back(e, h.reshape([batch * time, width]), y);
  }

  step(e: Tensor, norm: Norm, { blocks, row }: Memory, layer: number): Tensor {
    const { width, taps } = this.config;
    const [rows] = e.shape;
    const { state, tail } = blocks[layer].tensors;
    const { x, y } = this.#branches(e, norm);
    const { weight, bias } = this.#convolution;
    // The convolution moves its tail on in place: of rows that are not in order, a copy.
    const flat = tail.reshape([tail.shape[0], (taps - 1) * width]);
    const own = row ? gatherRows(flat, row) : flat;
    const seen = causalConvolutionStep(x, weight, own.reshape([rows, taps - 1, width]), { bias });
    const gates = this.#gatesOf(seen).reshape([rows, 1, 2 * width]);
    const before = row ? gatherRows(state, row) : state;
    const h = rgLru({ x: seen.reshape([rows, 1, width]), gates, lambda: this.#lambda, h0: before }).reshape([rows, width]);
    if (row)
      scatterRowsOf(
        [
          [h, state],
          [own, flat],
        ],
        row,
      );
    else this.#lambda.device.copy(h, state);
    return this.#back(e, h, y);
  }

  memory(rows: number): BlockMemory {
    const { width, taps } = this.config;
    const { device } = this.#lambda;
    return { tensors: { state: device.zeros([rows, width]), tail: device.zeros([rows, taps - 1, width]) }, startsAtZero: true };
  }

  #branches(e: Tensor, norm: Norm): { x: Tensor; y: Tensor } {
    const read = layerNorm(e, norm);
    return {
      x: this.#x.forward(read),
      y: geluTanh(this.#y.forward(read)),
    };
  }

  /** Each head's gates from its own share of the width: [rows, width] → [rows, 2·width], recurrence gates first. */
  #gatesOf(seen: Tensor): Tensor {
    const { width, heads } = this.config;
    const [rows] = seen.shape;
    const share = width / heads;
    const byHead = permute(seen.reshape([rows, heads, share]), [1, 0, 2]);
    const product = batchedMatmul(byHead, this.#gates.weight, { transposeB: true }).reshape([heads, rows, 2, share]);
    return add(permute(product, [1, 2, 0, 3]).reshape([rows, 2 * width]), this.#gates.bias.reshape([1, 2 * width]));
  }

  #back(e: Tensor, h: Tensor, y: Tensor): Tensor {
    return this.#output.forward(mul(h, y), { residual: e });
  }
}
