import type { RgLruShape } from './index.js';

type Numbers = ArrayLike<number>;
export type RgLruInputs = Readonly<Record<'x' | 'r' | 'i' | 'lambda' | 'h0', Numbers>>;

const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
const softplus = (v: number): number => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)));

/** States of the recurrence in float64. */
export function rgLruReference({ batch, time, width, initial }: RgLruShape, { x, r, i, lambda, h0 }: RgLruInputs): Float64Array {
  const h = new Float64Array(batch * time * width);
  for (let at = 0; at < h.length; at++) {
    const [row, t, d] = [Math.floor(at / (time * width)), Math.floor(at / width) % time, at % width];
    const before = t ? h[at - width] : initial ? h0[row * width + d] : 0;
    const logA = -8 * softplus(lambda[d]) * sigmoid(r[at]);
    h[at] = Math.exp(logA) * before + Math.sqrt(-Math.expm1(2 * logA)) * sigmoid(i[at]) * x[at];
  }
  return h;
}

/** Every gradient in float64; `dlambda` is summed over rows. */
export function rgLruBackwardReference(shape: RgLruShape, inputs: RgLruInputs, dh: Numbers) {
  const { batch, time, width, initial } = shape;
  const { x, r, i, lambda, h0 } = inputs;
  const h = rgLruReference(shape, inputs);
  const [dx, dr, di] = [0, 1, 2].map(() => new Float64Array(h.length));
  const dlambda = new Float64Array(width);
  const dh0 = new Float64Array(batch * width);
  for (let row = 0; row < batch; row++) {
    for (let d = 0; d < width; d++) {
      let carried = 0;
      for (let t = time - 1; t >= 0; t--) {
        const at = (row * time + t) * width + d;
        const before = t ? h[at - width] : initial ? h0[row * width + d] : 0;
        const [opened, taken] = [sigmoid(r[at]), sigmoid(i[at])];
        const logA = -8 * softplus(lambda[d]) * opened;
        const [a, s] = [Math.exp(logA), Math.sqrt(-Math.expm1(2 * logA))];
        const g = carried + dh[at];
        const dlogA = g * (a * before - (taken * x[at] * a * a) / s);
        dx[at] = g * s * taken;
        di[at] = g * s * x[at] * taken * (1 - taken);
        dr[at] = dlogA * -8 * softplus(lambda[d]) * opened * (1 - opened);
        dlambda[d] += dlogA * -8 * opened * sigmoid(lambda[d]);
        carried = g * a;
      }
      dh0[row * width + d] = carried;
    }
  }
  return { dx, dr, di, dlambda, dh0 };
}
