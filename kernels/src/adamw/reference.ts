import type { AdamWShape } from './index.js';

/** What an AdamW step reads and changes. */
export type AdamWState = {
  readonly parameters: Float64Array;
  readonly mean: Float64Array;
  readonly variance: Float64Array;
};

/** One step in float64, from the same `hyper` (rate, bias corrections, greatest norm) and global norm as the kernel. */
export function adamwReference(
  shape: AdamWShape,
  state: AdamWState,
  gradients: ArrayLike<number>,
  hyper: ArrayLike<number>,
  norm: number,
): AdamWState {
  if (!Number.isFinite(norm)) return state;
  const [learningRate, correction1, correction2, maxNorm] = Array.from(hyper);
  const coefficient = maxNorm > 0 ? Math.min(1, maxNorm / (norm + 1e-6)) : 1;
  const gradient = Float64Array.from(gradients, (value) => coefficient * value);
  const mean = state.mean.map((m, i) => (1 - shape.decay1) * m + shape.decay1 * gradient[i]);
  const variance = state.variance.map((v, i) => (1 - shape.decay2) * v + shape.decay2 * gradient[i] ** 2);
  const parameters = state.parameters.map((p, i) => {
    const direction = mean[i] / correction1 / (Math.sqrt(variance[i] / correction2) + shape.eps);
    return p * (1 - learningRate * shape.weightDecay) - learningRate * direction;
  });
  return { parameters, mean, variance };
}
