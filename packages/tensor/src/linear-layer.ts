import { fanIn } from './initialise.js';
import { type AffineNorm, type LinearOptions, linear, normedLinear } from './ops/linear.js';
import type { Initialiser, ParameterStore } from './parameters.js';
import type { Tensor } from './tensor.js';

export interface LinearStart {
  /** ±1/√inputs when absent, as torch's. */
  readonly weight?: Initialiser;
  /** Likewise; `false` for none. */
  readonly bias?: Initialiser | false;
}

/** What its output is made with besides. */
type With = Omit<LinearOptions, 'bias'>;

/** A linear layer with parameters of its own: y = x Wᵀ + b, named and stored as those of torch's `Linear`. */
export class Linear {
  /** [outputs, inputs] */
  readonly weight: Tensor<'f32'>;
  /** [outputs] */
  readonly bias: Tensor<'f32'> | undefined;

  /** Declares `NAME.weight` and `NAME.bias` in `store` (call `store.finish` once all layers are declared). */
  constructor(store: ParameterStore, name: string, inputs: number, outputs: number, start: LinearStart = {}) {
    const { weight = fanIn(inputs), bias = fanIn(inputs) } = start;
    this.weight = store.declare(`${name}.weight`, [outputs, inputs], weight);
    if (bias) this.bias = store.declare(`${name}.bias`, [outputs], bias);
  }

  /** @param x [rows, inputs]. @returns [rows, outputs]. @throws ShapeError for another shape. */
  forward(x: Tensor, how: With = {}): Tensor<'f32'> {
    return linear(x, this.weight, { ...how, bias: this.bias });
  }

  /** `forward(layerNorm(x, norm), how)`, in one launch where `normedLinear` has one. */
  afterNorm(x: Tensor, norm: AffineNorm, how: With = {}): Tensor<'f32'> {
    return normedLinear(x, norm, this.weight, { ...how, bias: this.bias });
  }
}
