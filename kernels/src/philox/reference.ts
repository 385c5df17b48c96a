import { openUniform, philox4x32 } from '@coxswain/base';
import { logSoftmaxReference } from '../cross-entropy/reference.js';
import type { CategoricalShape, DrawShape, DropoutShape } from './index.js';

/** The uniforms of a draw, in float64 (they are exact in f32). `state` as `philoxState` makes it. */
export function uniformReference({ count, stream }: DrawShape, state: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: count }, (_, i) =>
    openUniform(philox4x32([Math.floor(i / 4), stream, state[2], state[3]], [state[0], state[1]])[i % 4]),
  );
}

/** x times the mask of its draw, in float64. */
export function dropoutReference(
  { count, stream, probability, scale }: DropoutShape,
  state: ArrayLike<number>,
  x: ArrayLike<number>,
): Float64Array {
  const u = uniformReference({ count, stream, owned: 0, columns: 1 }, state);
  return u.map((value, i) => x[i] * (value > Math.fround(probability) ? scale : 0));
}

/** The normals of a draw, in float64: words 0 and 1 make normals 0 and 1, words 2 and 3 the other two. */
export function normalReference(shape: DrawShape, state: ArrayLike<number>): Float64Array {
  const u = uniformReference({ ...shape, count: 4 * Math.ceil(shape.count / 4) }, state);
  return Float64Array.from({ length: shape.count }, (_, i) => {
    const pair = i - (i % 2);
    const angle = 2 * Math.PI * u[pair + 1];
    return Math.sqrt(-2 * Math.log(u[pair])) * (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
  });
}

/** The logistic numbers of a draw, in float64. */
export const logisticReference = (shape: DrawShape, state: ArrayLike<number>): Float64Array =>
  uniformReference(shape, state).map((u) => Math.log(u / (1 - u)));

/** Sampled classes and their log-probabilities, in float64. */
export function categoricalReference(
  { rows, classes, stream, sharpness }: CategoricalShape,
  state: ArrayLike<number>,
  logits: ArrayLike<number>,
  owner?: ArrayLike<number>,
) {
  const logP = logSoftmaxReference(
    { rows, classes },
    Array.from(logits, (logit) => logit * sharpness),
  );
  const index = Int32Array.from({ length: rows }, (_, row) => {
    const u = openUniform(philox4x32([owner ? owner[row] : row, stream, state[2], state[3]], [state[0], state[1]])[0]);
    let cumulative = 0;
    for (let k = 0; k < classes - 1; k++) {
      cumulative += Math.exp(logP[row * classes + k]);
      if (cumulative > u) return k;
    }
    return classes - 1;
  });
  return { index, logProb: Float64Array.from(index, (k, row) => logP[row * classes + k]) };
}
