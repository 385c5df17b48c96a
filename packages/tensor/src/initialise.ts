import type { Initialiser } from './parameters.js';

/** Every value `value`. */
export const constant =
  (value: number): Initialiser =>
  (values) => {
    values.fill(value);
  };

export const zeros = constant(0);
export const ones = constant(1);

/** Normal with this standard deviation. */
export const normal =
  (std: number): Initialiser =>
  (values, _shape, random) => {
    for (let i = 0; i < values.length; i++) values[i] = std * random.normal();
  };

/** Uniform within ± `bound`. */
export const uniform =
  (bound: number): Initialiser =>
  (values, _shape, random) => {
    for (let i = 0; i < values.length; i++) values[i] = bound * (2 * random.uniform() - 1);
  };

/** Uniform within ±1/√fanIn: what torch's Linear and GRU start weights and biases from. */
export const fanIn = (inputs: number): Initialiser => uniform(1 / Math.sqrt(inputs));

/** Normal with variance `scale`/fanIn (arXiv 2512.20605 scales all initialisers' variance by 0.1). */
export const varianceScaled = (inputs: number, scale: number): Initialiser => normal(Math.sqrt(scale / inputs));
