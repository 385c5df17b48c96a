/** The metacontroller in float64, out of the kernels' references (arXiv 2512.20605, §4). */
import { gruForwardReference, layerNormReference, switchIntegrationReference } from '@coxswain/kernels';
import { gateValues, type MetacontrollerConfig } from '@coxswain/metacontroller';
import type { SequenceSize } from '@coxswain/transformer';
import { dataOf, linearReference, NORM_EPS, type Numbers, reluReference, type Weights } from './transformer.js';

/** LN(e) without parameters: what every reader sees. */
export const readReference = (e: Numbers, width: number): Float64Array =>
  layerNormReference(e, width, NORM_EPS, new Float64Array(width).fill(1), new Float64Array(width)).y;

/** States [batch·time, hidden] of the GRU called `name`. */
export function recurReference(
  name: string,
  x: Float64Array,
  { batch, time, width, hidden, reverse }: SequenceSize & { readonly width: number; readonly hidden: number; readonly reverse: 0 | 1 },
  weights: Weights,
): Float64Array {
  const at = (part: string): Numbers => dataOf(weights, `${name}.${part}_l0`);
  const gates = linearReference(x, [batch * time, width, 3 * hidden], at('weight_ih'), at('bias_ih'));
  const given = { gates, whh: at('weight_hh'), bhh: at('bias_hh'), h0: [], lengths: [] };
  return gruForwardReference({ batch, time, hidden, reverse, rows: 0, initial: 0, withLengths: 0, save: 0 }, given).out;
}

/** [LN(e_t), h_{t−1}], what encoder and switch read at every step: [batch·time, width + history]. */
export function contextReference(
  { width, history }: MetacontrollerConfig,
  residual: Float64Array,
  { batch, time }: SequenceSize,
  weights: Weights,
): Float64Array {
  const x = readReference(residual, width);
  const h = recurReference('gru', x, { batch, time, width, hidden: history, reverse: 0 }, weights);
  const columns = width + history;
  return Float64Array.from({ length: batch * time * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    if (column < width) return x[row * width + column];
    return row % time ? h[(row - 1) * history + column - width] : 0;
  });
}

/** z and (β, dβ/dlogit) from the codes proposed at every step, the first switch open. */
export function integrateReference(
  { width, history, latent, switch: hidden }: MetacontrollerConfig,
  context: Float64Array,
  proposal: Numbers,
  { batch, time }: SequenceSize,
  weights: Weights,
  gate: { readonly mode: number; readonly temperature: number },
): Record<'z' | 'betas', Float64Array> {
  const at = (name: string): Numbers => dataOf(weights, name);
  return switchIntegrationReference(
    { batch, time, latent, hidden, initial: 0, firstOpen: 1, withOpened: 0, withNoise: 0, biasAt: hidden },
    {
      proposal,
      pre: linearReference(context, [batch * time, width + history, hidden], at('sw1.weight'), at('sw1.bias')),
      wz: at('swz.weight'),
      w2: [...Array.from(at('sw2.weight')), at('sw2.bias')[0]],
      noise: [],
      control: gateValues(gate),
      z0: [],
      opened: [],
    },
  );
}

/** e + B(z) A(z) e, row by row. */
export function steerReference(
  { width, latent, decoder, rank }: MetacontrollerConfig,
  e: Float64Array,
  z: Float64Array,
  weights: Weights,
): Float64Array {
  const rows = e.length / width;
  const hidden = linearReference(z, [rows, latent, decoder], dataOf(weights, 'ctl.w.weight'), dataOf(weights, 'ctl.w.bias'));
  const c = reluReference(hidden);
  const down = linearReference(e, [rows, width, (decoder + 1) * rank], dataOf(weights, 'ctl.A'));
  const up = dataOf(weights, 'ctl.B');
  const steered = e.slice();
  for (let row = 0; row < rows; row++) {
    const term = (j: number): number => (j === decoder ? 1 : c[row * decoder + j]);
    for (let rho = 0; rho < rank; rho++) {
      let u = 0;
      for (let j = 0; j <= decoder; j++) u += term(j) * down[(row * (decoder + 1) + j) * rank + rho];
      for (let j = 0; j <= decoder; j++)
        for (let i = 0; i < width; i++) steered[row * width + i] += term(j) * u * up[(j * rank + rho) * width + i];
    }
  }
  return steered;
}
