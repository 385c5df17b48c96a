export type AdamWState = { readonly parameters: Float64Array; readonly m: Float64Array; readonly v: Float64Array };

/** One AdamW update in float64. @param step the number of this update, from 1. */
export function adamwReference(
  { parameters, m, v }: AdamWState,
  gradients: ArrayLike<number>,
  step: number,
  { learningRate, beta1, beta2, eps, weightDecay, clip }: { learningRate: number; beta1: number; beta2: number; eps: number; weightDecay: number; clip: number },
): AdamWState {
  const norm = Math.sqrt(Array.from(gradients).reduce((sum, g) => sum + g * g, 0));
  const factor = clip > 0 ? Math.min(1, clip / (norm + 1e-6)) : 1;
  const next = { parameters: new Float64Array(parameters.length), m: new Float64Array(m.length), v: new Float64Array(v.length) };
  for (let i = 0; i < parameters.length; i++) {
    const g = gradients[i] * factor;
    next.m[i] = beta1 * m[i] + (1 - beta1) * g;
    next.v[i] = beta2 * v[i] + (1 - beta2) * g * g;
    const direction = next.m[i] / (1 - beta1 ** step) / (Math.sqrt(next.v[i] / (1 - beta2 ** step)) + eps);
    next.parameters[i] = parameters[i] * (1 - learningRate * weightDecay) - learningRate * direction;
  }
  return next;
}
