/** The transformer in float64, out of the kernels' references. */
import {
  attentionReference,
  biasReference,
  crossEntropyReference,
  layerNormReference,
  matmulReference,
  PLAIN_PRODUCT,
  packedAttention,
  t5Buckets,
} from '@coxswain/kernels';
import type { SafeTensor } from '@coxswain/tensor';
import type { SequenceSize, TransformerConfig } from '@coxswain/transformer';

import { sizesOf } from './sizes.js';

export type Numbers = ArrayLike<number>;
export type Weights = ReadonlyMap<string, Pick<SafeTensor, 'shape'> & { readonly data: Numbers }>;

export const NORM_EPS = 1e-5;

export const dataOf = (weights: Weights, name: string): Numbers => (weights.get(name) as { data: Numbers }).data;

/** x wᵀ (+ bias) for x [rows, k] and w [n, k]. */
export function linearReference(x: Numbers, [rows, k, n]: readonly [number, number, number], w: Numbers, bias?: Numbers): Float64Array {
  const shape = { ...PLAIN_PRODUCT, m: rows, n, k, transposeB: 1 };
  const y = matmulReference(shape, x, w);
  return bias ? y.map((value, i) => value + bias[i % n]) : y;
}

export const reluReference = (x: Float64Array): Float64Array => x.map((value) => Math.max(0, value));

const plus = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => value + b[i]);

const normed = (x: Float64Array, width: number, weights: Weights, name: string): Float64Array =>
  layerNormReference(x, width, NORM_EPS, dataOf(weights, `${name}.weight`), dataOf(weights, `${name}.bias`)).y;

/** Sums of the embedding table's rows that each observation names; −1 names none. */
export function embeddingReference(config: TransformerConfig, indices: Numbers, weights: Weights): Float64Array {
  const { width } = config;
  const { slots } = sizesOf(config);
  const table = dataOf(weights, 'embedding.weight');
  const e = new Float64Array((indices.length / slots) * width);
  for (let i = 0; i < indices.length; i++) {
    const row = Math.floor(i / slots);
    if (indices[i] >= 0) for (let k = 0; k < width; k++) e[row * width + k] += table[indices[i] * width + k];
  }
  return e;
}

/** Blocks `from` to `to`. */
export function blocksReference(
  { width, heads, mlp, buckets, maxDistance, window }: TransformerConfig,
  start: Float64Array,
  { batch, time }: SequenceSize,
  weights: Weights,
  [from, to]: readonly [number, number],
): Float64Array {
  const rows = batch * time;
  const bucketOfDistance = t5Buckets(time, buckets, maxDistance);
  let e = start;
  for (let i = from; i < to; i++) {
    const name = `layers.${i}`;
    const at = (part: string): Numbers => dataOf(weights, `${name}.${part}`);
    const qkv = linearReference(normed(e, width, weights, `${name}.ln1`), [rows, width, 3 * width], at('qkv.weight'));
    const shape = packedAttention({ batch, time, heads, headDim: width / heads, biased: 1, window });
    const { y } = attentionReference(shape, { q: qkv, k: qkv, v: qkv, bias: biasReference(shape, at('rel'), bucketOfDistance) });
    e = plus(e, linearReference(y, [rows, width, width], at('o.weight')));
    const x = normed(e, width, weights, `${name}.ln2`);
    const hidden = reluReference(linearReference(x, [rows, width, mlp], at('w1.weight'), at('w1.bias')));
    e = plus(e, linearReference(hidden, [rows, mlp, width], at('w2.weight'), at('w2.bias')));
  }
  return e;
}

/** −log p(target) of each row under a head (`act`, `obs`) on the last residual stream. */
export function headLossReference(
  config: TransformerConfig,
  e: Float64Array,
  weights: Weights,
  head: 'act' | 'obs',
  targets: Numbers,
): Float64Array {
  const { width } = config;
  const { actions, observationClasses } = sizesOf(config);
  const rows = e.length / width;
  const classes = head === 'act' ? actions : observationClasses;
  const y = normed(e, width, weights, 'lnf');
  const logits = linearReference(y, [rows, width, classes], dataOf(weights, `${head}.weight`), dataOf(weights, `${head}.bias`));
  return crossEntropyReference({ rows, classes }, logits, targets);
}

export const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The weights moved by `distance` along `direction`, in float64. */
export function moved(weights: Weights, direction: Weights, distance: number): Weights {
  return new Map(
    [...weights].map(([name, { shape, data }]) => {
      const along = dataOf(direction, name);
      return [name, { shape, data: Float64Array.from(data, (value, i) => value + distance * along[i]) }];
    }),
  );
}
