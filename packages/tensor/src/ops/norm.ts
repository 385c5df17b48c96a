/** Normalisation over the last axis. */
import {
  layerNormAddParts,
  layerNormBackward,
  layerNormBackwardParameters,
  layerNormBackwardSubgroups,
  layerNormForward,
  layerNormForwardSubgroups,
  layerNormParts,
  layerNormSharesRows,
  rmsNormBackward,
  rmsNormBackwardGamma,
  rmsNormForward,
} from '@coxswain/kernels';
import { accumulator, op, takeGradient } from '../autograd.js';
import { requirePositive } from '../checks.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor.js';

export interface LayerNormOptions {
  /** [width]; without both, the normalised values themselves. */
  readonly gamma?: Tensor;
  readonly beta?: Tensor;
  /** Added to the variance, 1e-5 by default. */
  readonly eps?: number;
}

/** Length of the last axis. @throws ShapeError where it is none, ArgumentError for an `eps` that is not positive. */
function widthOf(operation: string, x: Tensor, eps: number): number {
  requirePositive(operation, 'eps', eps);
  const width = x.shape.at(-1);
  if (!width) throw new ShapeError(operation, `shape [${x.shape}]`, 'at least one element along the last axis');
  return width;
}

/**
 * (x − mean) / √(variance + eps) · gamma + beta over the last axis of x.
 * @param x [..., width]
 * @returns [..., width]
 */
export function layerNorm(x: Tensor, { gamma, beta, eps = 1e-5 }: LayerNormOptions = {}): Tensor<'f32'> {
  const { device } = x;
  const width = widthOf('layerNorm', x, eps);
  const rows = x.size / width;
  if (!gamma !== !beta) throw new ShapeError('layerNorm', `gamma [${gamma?.shape}] and beta [${beta?.shape}]`, 'both or neither');
  if ((gamma && gamma.size !== width) || (beta && beta.size !== width)) {
    throw new ShapeError('layerNorm', `gamma [${gamma?.shape}] and beta [${beta?.shape}] for x [${x.shape}]`, `[${width}] both`);
  }
  const affine = gamma && beta ? 1 : 0;
  const shape = { rows, width, eps, affine };
  const shared = layerNormSharesRows(width, device.traits);
  const scale = { gamma: gamma ?? device.dummy };
  const y = device.empty(x.shape);
  const stats = device.empty([rows, 2]);
  device.dispatch(shared ? layerNormForwardSubgroups : layerNormForward, shape, { x, ...scale, beta: beta ?? device.dummy, y, stats });
  // What only one of the two requires is added for both: the other's goes into scratch.
  const into = (tensor: Tensor): Tensor => (tensor.requiresGradient ? accumulator(tensor) : device.zeros(tensor.shape));
  const backward = (dy: Tensor): (Tensor | null)[] => {
    // Taken first: x may be one of the two, and what they add up must not be taken with it.
    const earlier = takeGradient(x);
    const wanted = gamma?.requiresGradient || beta?.requiresGradient;
    const gradients = gamma && beta && wanted ? { dgamma: into(gamma), dbeta: into(beta) } : null;
    const given = { x, ...scale, stats, dy, earlier: earlier ?? device.dummy };
    const backwardShape = { rows, width, affine, withEarlier: earlier ? 1 : 0 };
    if (shared) {
      const dx = device.empty(x.shape);
      const parts = affine ? device.empty([layerNormParts(rows, device.traits), 2, width]) : device.dummy;
      device.dispatch(layerNormBackwardSubgroups, backwardShape, { ...given, dx, parts });
      if (gradients) device.dispatch(layerNormAddParts, { parts: layerNormParts(rows, device.traits), width }, { parts, ...gradients });
      return [dx, null, null];
    }
    const dx = x.requiresGradient ? device.empty(x.shape) : null;
    if (dx) device.dispatch(layerNormBackward, backwardShape, { ...given, dx });
    if (gradients) device.dispatch(layerNormBackwardParameters, shape, { x, stats, dy, ...gradients });
    return [dx, null, null];
  };
  const saves = [x, stats, ...(gamma ? [gamma] : [])];
  op('layerNorm', gamma && beta ? [x, gamma, beta] : [x], [y], ([dy]) => backward(dy as Tensor), { saves });
  return y;
}

export interface RmsNormOptions {
  /** [width] */
  readonly gamma: Tensor;
  /** Added to the mean square, 1e-6 by default. */
  readonly eps?: number;
}

/**
 * x / √(mean(x²) + eps) · gamma over the last axis of x.
 * @param x [..., width]
 * @returns [..., width]
 */
export function rmsNorm(x: Tensor, { gamma, eps = 1e-6 }: RmsNormOptions): Tensor<'f32'> {
  const { device } = x;
  const width = widthOf('rmsNorm', x, eps);
  if (gamma.size !== width) throw new ShapeError('rmsNorm', `gamma [${gamma.shape}] for x [${x.shape}]`, `[${width}]`);
  const shape = { rows: x.size / width, width, eps };
  const y = device.empty(x.shape);
  const stats = device.empty([shape.rows]);
  device.dispatch(rmsNormForward, shape, { x, gamma, y, stats });
  const backward = (dy: Tensor): (Tensor | null)[] => {
    const dx = x.requiresGradient ? device.empty(x.shape) : null;
    if (dx) device.dispatch(rmsNormBackward, shape, { x, gamma, stats, dy, dx });
    if (gamma.requiresGradient) device.dispatch(rmsNormBackwardGamma, shape, { x, stats, dy, dgamma: accumulator(gamma) });
    return [dx, null];
  };
  op('rmsNorm', [x, gamma], [y], ([dy]) => backward(dy as Tensor), { saves: [x, gamma, stats] });
  return y;
}
