import type { ClippedObjectiveShape } from './index.js';

type Numbers = ArrayLike<number>;

const ratioAt = (i: number, newLogProb: Numbers, oldLogProb: Numbers): number => Math.exp(newLogProb[i] - oldLogProb[i]);
const clamp = (x: number, clip: number): number => Math.min(Math.max(x, 1 - clip), 1 + clip);

/** The negated clipped surrogate of each decision, in float64. */
export function clippedObjectiveReference(
  { count, period, clip }: ClippedObjectiveShape,
  newLogProb: Numbers,
  oldLogProb: Numbers,
  advantage: Numbers,
): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    const ratio = ratioAt(i, newLogProb, oldLogProb);
    const gain = advantage[Math.floor(i / period)];
    return -Math.min(ratio * gain, clamp(ratio, clip) * gain);
  });
}

/** Its gradient with respect to newLogProb, in float64. */
export function clippedObjectiveBackwardReference(
  { count, period, clip }: ClippedObjectiveShape,
  newLogProb: Numbers,
  oldLogProb: Numbers,
  advantage: Numbers,
  dloss: Numbers,
): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    const ratio = ratioAt(i, newLogProb, oldLogProb);
    const gain = advantage[Math.floor(i / period)];
    return ratio * gain > clamp(ratio, clip) * gain ? 0 : -ratio * gain * dloss[i];
  });
}

/** (approximate KL, clipped fraction, Σmask) over the mask, in float64. */
export function clippedStatisticsReference(
  clip: number,
  newLogProb: Numbers,
  oldLogProb: Numbers,
  mask: Numbers,
): [number, number, number] {
  let [divergence, clipped, weight] = [0, 0, 0];
  for (let i = 0; i < mask.length; i++) {
    const ratio = ratioAt(i, newLogProb, oldLogProb);
    divergence += mask[i] * (ratio - 1 - Math.log(ratio));
    clipped += mask[i] * (Math.abs(ratio - 1) > clip ? 1 : 0);
    weight += mask[i];
  }
  return weight > 0 ? [divergence / weight, clipped / weight, weight] : [0, 0, 0];
}
