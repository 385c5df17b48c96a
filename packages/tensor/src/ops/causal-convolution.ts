/** Causal convolutions along time, each channel by itself. */
import {
  type CausalConvolutionShape,
  causalConvolutionBackward,
  causalConvolution as causalConvolutionKernel,
  causalConvolutionParts,
  causalConvolutionStep as causalConvolutionStepKernel,
  causalConvolutionWeightBackward,
  MOST_TAPS,
} from '@coxswain/kernels';
import { accumulator, op } from '../autograd.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { accumulateRows } from './reduce.js';

export interface CausalConvolutionOptions {
  /** f32 [width] */
  readonly bias?: Tensor;
  /**
   * u32 [batch]: steps of each row; from there on y is 0, and nothing there has a gradient. All of them when absent.
   */
  readonly lengths?: Tensor;
}

/**
 * `y[b, t, c] = bias[c] + Σ_j w[j, c] · x[b, t − taps + 1 + j, c]`, with zeros before the first step: the convolution
 * in front of the recurrence of Griffin's blocks (https://arxiv.org/abs/2402.19427), `torch.conv1d` with a group for
 * each channel, padded on the left.
 * @param x f32 [batch, time, width]
 * @param w f32 [taps, width], 1 to 32 taps, the last for the step itself; torch's [width, 1, taps] transposed.
 * @returns [batch, time, width]
 * @throws ShapeError where they do not fit together.
 */
export function causalConvolution(x: Tensor, w: Tensor, { bias, lengths }: CausalConvolutionOptions = {}): Tensor<'f32'> {
  const { device } = x;
  const { dummy } = device;
  if (x.shape.length !== 3) throw new ShapeError('causalConvolution', `x [${x.shape}]`, '[batch, time, width]');
  const [batch, time, width] = x.shape;
  const taps = tapsOf('causalConvolution', width, { x, w, bias });
  if (lengths && (lengths.dtype !== 'u32' || lengths.size !== batch))
    throw new ShapeError('causalConvolution', `lengths ${lengths.dtype} [${lengths.shape}]`, `u32 [${batch}]`);
  const shape: CausalConvolutionShape = { batch, time, width, taps, bias: bias ? 1 : 0, lengths: lengths ? 1 : 0 };
  const out = device.empty(x.shape);
  if (out.size > 0) device.dispatch(causalConvolutionKernel, shape, { x, w, bias: bias ?? dummy, lengths: lengths ?? dummy, out });
  op('causalConvolution', [x, w, ...(bias ? [bias] : [])], [out], ([gradient]) => {
    const dy = gradient as Tensor;
    const dx = x.requiresGradient ? device.empty(x.shape) : null;
    if (out.size === 0) return [dx, null, null];
    const back = { x: dy, w, bias: dummy, lengths: lengths ?? dummy };
    if (dx) device.dispatch(causalConvolutionBackward, { ...shape, bias: 0 }, { ...back, out: dx });
    if (w.requiresGradient || bias?.requiresGradient) weightGradients(shape, { x, dy, lengths: lengths ?? dummy }, { w, bias });
    return [dx, null, null];
  });
  return out;
}

/** Adds the gradients of the taps and the bias to theirs. */
function weightGradients(
  shape: CausalConvolutionShape,
  operands: Readonly<Record<'x' | 'dy' | 'lengths', Tensor>>,
  { w, bias }: { readonly w: Tensor; readonly bias: Tensor | undefined },
): void {
  const { device } = w;
  const parts = causalConvolutionParts(shape, device.traits);
  const dw = device.empty([parts, shape.taps, shape.width]);
  const dbias = device.empty([parts, shape.width]);
  device.dispatch(causalConvolutionWeightBackward, { ...shape, parts }, { ...operands, dw, dbias });
  if (w.requiresGradient) accumulateRows(dw, accumulator(w));
  if (bias?.requiresGradient) accumulateRows(dbias, accumulator(bias));
}

/**
 * One step of `causalConvolution`, for acting: what it gives for the newest of all inputs so far. Not differentiable.
 * @param x f32 [batch, width]
 * @param w f32 [taps, width]
 * @param state f32 [batch, taps − 1, width]: the inputs before this one, oldest first, zeros at the beginning; moved on
 * by one in place.
 * @returns [batch, width]
 * @throws ShapeError where they do not fit together.
 */
export function causalConvolutionStep(
  x: Tensor,
  w: Tensor,
  state: Tensor,
  { bias }: Pick<CausalConvolutionOptions, 'bias'> = {},
): Tensor<'f32'> {
  const { device } = x;
  if (x.shape.length !== 2) throw new ShapeError('causalConvolutionStep', `x [${x.shape}]`, '[batch, width]');
  const [batch, width] = x.shape;
  const taps = tapsOf('causalConvolutionStep', width, { x, w, bias });
  if (state.dtype !== 'f32' || String(state.shape) !== String([batch, taps - 1, width]))
    throw new ShapeError('causalConvolutionStep', `state ${state.dtype} [${state.shape}]`, `f32 [${[batch, taps - 1, width]}]`);
  const out = device.empty(x.shape);
  const shape = { batch, width, taps, bias: bias ? 1 : 0 };
  // Without a past there is no state to bind.
  const held = taps > 1 ? state : device.dummy;
  if (out.size > 0) device.dispatch(causalConvolutionStepKernel, shape, { x, w, bias: bias ?? device.dummy, state: held, out });
  return out;
}

interface Operands {
  readonly x: Tensor;
  readonly w: Tensor;
  readonly bias: Tensor | undefined;
}

function tapsOf(name: string, width: number, { x, w, bias }: Operands): number {
  const [taps, channels] = w.shape;
  if (w.shape.length !== 2 || channels !== width || taps < 1 || taps > MOST_TAPS)
    throw new ShapeError(name, `w [${w.shape}]`, `[taps, ${width}] with 1 to ${MOST_TAPS} taps`);
  if (bias && bias.size !== width) throw new ShapeError(name, `bias [${bias.shape}]`, `[${width}]`);
  const other = [x, w, bias].find((tensor) => tensor && tensor.dtype !== 'f32');
  if (other) throw new ShapeError(name, `a tensor of ${other.dtype}`, 'x, w and bias of f32');
  return taps;
}
