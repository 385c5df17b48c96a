/** What a pretraining step works on: one small transformer, one batch, one optimiser, the same for every contestant. */
import { attentionReference, crossEntropyReference, layerNormReference, matmulReference, t5Buckets } from '@coxswain/kernels';
import { HostRandom, type SafeTensor } from '@coxswain/tensor';
import type { SequenceBatch, TransformerConfig } from '@coxswain/transformer';

export interface Pretraining {
  readonly config: TransformerConfig;
  readonly batch: number;
  readonly time: number;
}

export const pretraining: Pretraining = {
  config: {
    width: 64,
    depth: 4,
    heads: 4,
    mlp: 256,
    vocabulary: 64,
    slots: 1,
    actions: 4,
    observationClasses: 16,
    buckets: 32,
    maxDistance: 128,
    initialisation: 'small-output',
  },
  batch: 128,
  time: 32,
};

export const OBSERVATION_WEIGHT = 0.01;
export const OPTIMISER = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.03 };
export const NORM_EPS = 1e-5;

export const shapeOf = ({ config, batch, time }: Pretraining): string => `d${config.width} L${config.depth} T${time} B${batch}`;

/** Full sequences of random tokens; the action follows from the token before, so that there is something to learn. */
export function makeBatch({ config, batch, time }: Pretraining): SequenceBatch {
  const random = new HostRandom(1);
  const draw = (below: number): number => Math.floor(random.uniform() * below);
  const n = batch * time;
  const indices = Int32Array.from({ length: n }, () => draw(config.vocabulary));
  return {
    batch,
    time,
    indices,
    actions: Int32Array.from({ length: n }, (_, i) => (i % time ? indices[i - 1] : 0) % config.actions),
    observations: Int32Array.from({ length: n }, () => draw(config.observationClasses)),
    mask: new Float32Array(n).fill(1),
  };
}

export type Weights = ReadonlyMap<string, Pick<SafeTensor, 'shape'> & { readonly data: ArrayLike<number> }>;

/** The loss of a batch in float64: mean over steps of −log p(action) − λ log p(observation). */
export function referenceLoss(
  { config, batch, time }: Pretraining,
  { indices, actions, observations }: SequenceBatch,
  weights: Weights,
): number {
  const { width, heads, mlp, depth } = config;
  const rows = batch * time;
  const at = (name: string): ArrayLike<number> => (weights.get(name) as { data: ArrayLike<number> }).data;
  const norm = (x: Float64Array, name: string) => layerNormReference(x, width, NORM_EPS, at(`${name}.weight`), at(`${name}.bias`)).y;
  const linear = (x: Float64Array, k: number, n: number, name: string, bias: boolean): Float64Array => {
    const shape = { m: rows, n, k, transposeA: 0, transposeB: 1, accumulate: 0, bias: 0, relu: 0, residual: 0 };
    const y = matmulReference(shape, x, at(`${name}.weight`));
    return bias ? y.map((value, i) => value + at(`${name}.bias`)[i % n]) : y;
  };
  const plus = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => value + b[i]);
  const table = at('embedding.weight');
  let e: Float64Array = Float64Array.from({ length: rows * width }, (_, i) => table[indices[Math.floor(i / width)] * width + (i % width)]);
  const bucketOfDistance = t5Buckets(time, config.buckets, config.maxDistance);
  for (let i = 0; i < depth; i++) {
    const name = `layers.${i}`;
    const qkv = linear(norm(e, `${name}.ln1`), width, 3 * width, `${name}.qkv`, false);
    const { y } = attentionReference({
      qkv,
      batch,
      time,
      heads,
      headDim: width / heads,
      biasTable: at(`${name}.rel`),
      bucketOfDistance,
    });
    e = plus(e, linear(y, width, width, `${name}.o`, false));
    const hidden = linear(norm(e, `${name}.ln2`), width, mlp, `${name}.w1`, true).map((value) => Math.max(0, value));
    e = plus(e, linear(hidden, mlp, width, `${name}.w2`, true));
  }
  const y = norm(e, 'lnf');
  const mean = (classes: number, name: string, targets: Int32Array): number =>
    crossEntropyReference({ rows, classes }, linear(y, width, classes, name, true), targets).reduce((a, b) => a + b, 0) / rows;
  return mean(config.actions, 'act', actions) + OBSERVATION_WEIGHT * mean(config.observationClasses, 'obs', observations);
}

/** The weights moved by `distance` along `direction`, in float64. */
export function moved(weights: Weights, direction: Weights, distance: number): Weights {
  return new Map(
    [...weights].map(([name, { shape, data }]) => {
      const along = (direction.get(name) as { data: ArrayLike<number> }).data;
      return [name, { shape, data: Float64Array.from(data, (value, i) => value + distance * along[i]) }];
    }),
  );
}
