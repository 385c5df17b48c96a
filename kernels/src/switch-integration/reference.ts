import { GATE_MODE, type SwitchForwardShape } from './index.js';

type Numbers = ArrayLike<number>;
type Inputs = Record<'proposal' | 'pre' | 'wz' | 'w2' | 'noise' | 'control' | 'z0' | 'opened', Numbers>;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** β and dβ/dlogit. */
function gateOf(logit: number, noise: number, mode: number, temperature: number, threshold: number): [number, number] {
  if (mode === GATE_MODE.open) return [1, 0];
  if (mode === GATE_MODE.hard) return [logit >= threshold ? 1 : 0, 0];
  if (mode === GATE_MODE.soft) return [sigmoid(logit), sigmoid(logit) * (1 - sigmoid(logit))];
  const soft = sigmoid((logit + noise) / temperature);
  const slope = (soft * (1 - soft)) / temperature;
  return mode === GATE_MODE.gumbel ? [soft, slope] : [soft > 0.5 ? 1 : 0, slope];
}

/** relu(pre_t + W_z z_{t−1}), unit by unit. */
function activate({ hidden, latent }: SwitchForwardShape, { pre, wz }: Inputs, at: number, state: Numbers): Float64Array {
  return Float64Array.from({ length: hidden }, (_, k) => {
    let sum = pre[at * hidden + k];
    for (let n = 0; n < latent; n++) sum += wz[k * latent + n] * state[n];
    return Math.max(0, sum);
  });
}

/** z, and (β, dβ/dlogit) as `betas`, in float64. */
export function switchIntegrationReference(shape: SwitchForwardShape, inputs: Inputs): Record<'z' | 'betas', Float64Array> {
  const { batch, time, latent, initial, firstOpen, withOpened, withNoise, biasAt } = shape;
  const { proposal, w2, noise, control, z0, opened } = inputs;
  const z = new Float64Array(batch * time * latent);
  const betas = new Float64Array(batch * time * 2);
  for (let b = 0; b < batch; b++) {
    let state = Float64Array.from({ length: latent }, (_, n) => (initial ? z0[b * latent + n] : 0));
    for (let t = 0; t < time; t++) {
      const at = b * time + t;
      const logit = activate(shape, inputs, at, state).reduce((sum, a, k) => sum + w2[k] * a, w2[biasAt]);
      const forced = t === 0 && (withOpened ? opened[b] !== 0 : firstOpen === 1);
      const [beta, slope] = forced ? [1, 0] : gateOf(logit, withNoise ? noise[at] : 0, control[0], control[1], control[2]);
      betas[at] = beta;
      betas[batch * time + at] = slope;
      state = state.map((value, n) => beta * proposal[at * latent + n] + (1 - beta) * value);
      z.set(state, at * latent);
    }
  }
  return { z, betas };
}

export type SwitchGradients = Record<'dproposal' | 'dpre' | 'dwz' | 'dw2' | 'dz0', Float64Array>;

/** Every gradient in float64, from dz and dbeta; `dw2` ends with that of the bias. */
export function switchIntegrationGradientReference(
  shape: SwitchForwardShape,
  inputs: Inputs,
  { dz, dbeta }: Record<'dz' | 'dbeta', Numbers>,
): SwitchGradients {
  const { batch, time, latent, hidden, initial } = shape;
  const { proposal, wz, w2, z0 } = inputs;
  const { z, betas } = switchIntegrationReference(shape, inputs);
  const dproposal = new Float64Array(z.length);
  const dpre = new Float64Array(batch * time * hidden);
  const dwz = new Float64Array(hidden * latent);
  const dw2 = new Float64Array(hidden + 1);
  const dz0 = new Float64Array(batch * latent);
  for (let b = 0; b < batch; b++) {
    let carried = new Float64Array(latent);
    for (let t = time - 1; t >= 0; t--) {
      const at = b * time + t;
      const state = Float64Array.from({ length: latent }, (_, n) => {
        if (t > 0) return z[(at - 1) * latent + n];
        return initial ? z0[b * latent + n] : 0;
      });
      const [beta, slope] = [betas[at], betas[batch * time + at]];
      const total = carried.map((value, n) => value + dz[at * latent + n]);
      const dlogit = slope * total.reduce((sum, g, n) => sum + g * (proposal[at * latent + n] - state[n]), dbeta[at]);
      carried = total.map((g) => (1 - beta) * g);
      for (let n = 0; n < latent; n++) dproposal[at * latent + n] = beta * total[n];
      dw2[hidden] += dlogit;
      activate(shape, inputs, at, state).forEach((a, k) => {
        dw2[k] += dlogit * a;
        const d = a > 0 ? dlogit * w2[k] : 0;
        dpre[at * hidden + k] = d;
        for (let n = 0; n < latent; n++) {
          dwz[k * latent + n] += d * state[n];
          carried[n] += d * wz[k * latent + n];
        }
      });
    }
    dz0.set(carried, b * latent);
  }
  return { dproposal, dpre, dwz, dw2, dz0 };
}
