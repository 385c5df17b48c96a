import type { RopeShape } from './index.js';

/** Rotary position embedding in float64; with `inverse` its gradient. */
export function ropeReference(
  { tokens, period, allHeads, heads, headDim, interleaved, inverse }: RopeShape,
  x: ArrayLike<number>,
  positions: ArrayLike<number>,
  base = 10000,
): Float64Array {
  const out = Float64Array.from(x);
  for (let token = 0; token < tokens; token++)
    for (let head = 0; head < heads; head++)
      for (let pair = 0; pair < headDim / 2; pair++) {
        const angle = positions[token % period] * base ** ((-2 * pair) / headDim) * (inverse ? -1 : 1);
        const row = (token * allHeads + head) * headDim;
        const first = row + (interleaved ? 2 * pair : pair);
        const second = interleaved ? first + 1 : first + headDim / 2;
        const [a, b] = [x[first], x[second]];
        out[first] = a * Math.cos(angle) - b * Math.sin(angle);
        out[second] = a * Math.sin(angle) + b * Math.cos(angle);
      }
  return out;
}
