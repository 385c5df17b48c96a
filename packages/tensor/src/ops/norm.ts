/** Normalisation over the last axis. */
import {
  layerNormBackward,
  layerNormBackwardParameters,
  layerNormForward,
} from '@coxswain/kernels';
import { accumulator, op } from '../autograd.js';
import type { Tensor } from '../tensor.js';

export interface LayerNormOptions {
  /** [width]; without both, the normalised values themselves. */
  readonly gamma?: Tensor;
  readonly beta?: Tensor;
  /** Added to the variance, 1e-5 by default. */
  readonly eps?: number;
}

/** (x − mean) / √(variance + eps) · gamma + beta over the last axis of x. */
export function layerNorm(x: Tensor, { gamma, beta, eps = 1e-5 }: LayerNormOptions = {}): Tensor {
  const { device } = x;
  const width = x.shape[x.shape.length - 1];
  const rows = x.size / width;
  const affine = gamma && beta ? 1 : 0;
  const y = device.empty(x.shape);
  const stats = device.empty([rows, 2]);
  device.dispatch(layerNormForward, { rows, width, eps, affine }, { x, gamma: gamma ?? device.dummy, beta: beta ?? device.dummy, y, stats });
  op('layerNorm', gamma && beta ? [x, gamma, beta] : [x], [y], ([gradient]) => {
    const dy = gradient as Tensor;
    const dx = x.requiresGradient ? device.empty(x.shape) : null;
    if (dx) device.dispatch(layerNormBackward, { rows, width, affine }, { x, gamma: gamma ?? device.dummy, stats, dy, dx });
    if (gamma?.requiresGradient && beta?.requiresGradient) {
      device.dispatch(layerNormBackwardParameters, { rows, width }, { x, stats, dy, dgamma: accumulator(gamma), dbeta: accumulator(beta) });
    }
    return [dx, null, null];
  });
  return y;
}
