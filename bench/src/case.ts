/** What is measured, as data: a piece of work with fixed shapes, its float64 answer, and who can do it how. */
import { HostRandom } from '@coxswain/base';
import type { AdapterTraits } from '@coxswain/kernels';
import { type Device, op, type Tensor } from '@coxswain/tensor';
import type { JaxCase } from './peers/jax.js';
import type { OnnxCase } from './peers/onnx.js';
import type { TfjsCase } from './peers/tfjs.js';
import type { TorchOperation } from './peers/torch.js';

export interface Input {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint32Array;
}
export type Inputs = Readonly<Record<string, Input>>;

/** One row of a suite: every contestant gets the same inputs and is held to the same answer. */
export interface Case {
  /** The operation, such as `attention forward + backward`. */
  readonly name: string;
  readonly shape: string;
  /** What the inputs are stored as; f32 when absent. */
  readonly dtype?: 'f16';
  /** Adapters on which this row is worth its time; all when absent. */
  readonly suits?: (traits: AdapterTraits) => boolean;
  readonly inputs: () => Inputs;
  /** The outputs in float64, in the order in which contestants give theirs. */
  readonly reference: (inputs: Inputs) => readonly ArrayLike<number>[];
  /** Greatest ‖out − ref‖ / ‖ref‖ of an output. */
  readonly tolerance: number;
  /** What of everyone's outputs is held against the reference, where all of them would take too long in float64. */
  readonly project?: (outputs: readonly ArrayLike<number>[]) => readonly ArrayLike<number>[];
  /** Our inputs, where our layout is another than the one that peers want. */
  readonly pack?: (inputs: Inputs) => Inputs;
  /** Recorded once in a capture, then replayed. */
  readonly ours: (inputs: Readonly<Record<string, Tensor>>, device: Device) => readonly Tensor[];
  /** Our outputs in the reference's order, where our layout is another. */
  readonly arrange?: (outputs: readonly Float32Array[]) => readonly ArrayLike<number>[];
  readonly jax?: JaxCase;
  readonly tfjs?: TfjsCase;
  readonly onnx?: OnnxCase;
  readonly torch?: TorchOperation;
}

/** Uniform numbers of −scale … scale, the same for one seed on every machine. */
export function noise(seed: number, shape: readonly number[], scale = 1): Input {
  const random = new HostRandom(seed);
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => scale * (2 * random.uniform() - 1));
  return { shape, data };
}

/**
 * `x` as something whose gradient is wanted, and where that gradient lies once `backward` ran.
 */
export function watched(x: Tensor): { readonly x: Tensor; readonly gradient: () => Tensor } {
  const leaf = x.device.dummy.detach();
  leaf.requiresGradient = true;
  const held = x.detach();
  let gradient: Tensor | undefined;
  op('watched', [leaf], [held], ([incoming]) => {
    gradient = incoming as Tensor;
    return [null];
  });
  return {
    x: held,
    gradient: () => {
      if (!gradient) throw new Error('nothing flowed back to this input');
      return gradient;
    },
  };
}
