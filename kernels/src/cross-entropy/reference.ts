import type { RowsOfClasses } from './index.js';

type Numbers = ArrayLike<number>;

/** Log-probabilities [rows, classes], in float64. */
export function logSoftmaxReference({ rows, classes }: RowsOfClasses, x: Numbers): Float64Array {
  const out = new Float64Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    const logits = Array.from({ length: classes }, (_, k) => x[row * classes + k]);
    const highest = Math.max(...logits);
    const logTotal = Math.log(logits.reduce((sum, value) => sum + Math.exp(value - highest), 0));
    logits.forEach((value, k) => {
      out[row * classes + k] = value - highest - logTotal;
    });
  }
  return out;
}

/** Probabilities [rows, classes], in float64. */
export const softmaxReference = (shape: RowsOfClasses, x: Numbers): Float64Array => logSoftmaxReference(shape, x).map(Math.exp);

/** Jacobian-vector product of softmax (logarithm false) or log-softmax at x, in float64. */
export function softmaxBackwardReference(shape: RowsOfClasses, x: Numbers, dout: Numbers, logarithm: boolean): Float64Array {
  const { rows, classes } = shape;
  const p = softmaxReference(shape, x);
  const dx = new Float64Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    const at = row * classes;
    let total = 0;
    for (let k = 0; k < classes; k++) total += logarithm ? dout[at + k] : p[at + k] * dout[at + k];
    for (let k = 0; k < classes; k++) dx[at + k] = logarithm ? dout[at + k] - p[at + k] * total : p[at + k] * (dout[at + k] - total);
  }
  return dx;
}

/** −log p(target) of each row, 0 for padding (−1) and NaN for any other target that is no class, in float64. */
export function crossEntropyReference(shape: RowsOfClasses, logits: Numbers, targets: Numbers): Float64Array {
  const logP = logSoftmaxReference(shape, logits);
  return Float64Array.from({ length: shape.rows }, (_, row) =>
    targets[row] === -1 ? 0 : targets[row] >= 0 && targets[row] < shape.classes ? -logP[row * shape.classes + targets[row]] : Number.NaN,
  );
}

/** (softmax − onehot) · dnll, in float64. */
export function crossEntropyBackwardReference(shape: RowsOfClasses, logits: Numbers, targets: Numbers, dnll: Numbers): Float64Array {
  return softmaxReference(shape, logits).map((p, i) => {
    const row = Math.floor(i / shape.classes);
    if (targets[row] === -1) return 0;
    if (targets[row] < -1 || targets[row] >= shape.classes) return Number.NaN;
    return (p - (i % shape.classes === targets[row] ? 1 : 0)) * dnll[row];
  });
}

/** (mean of the values where the mask is set, Σmask), 0 for an empty mask, in float64. */
export function maskedMeanReference(values: Numbers, mask: Numbers): [number, number] {
  let total = 0;
  let weight = 0;
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] !== 0) total += values[i] * mask[i];
    weight += mask[i];
  }
  return [weight > 0 ? total / weight : 0, weight];
}
