/** The pretraining step in jax-js: loss, gradient and AdamW in one `jit`, as its author writes training steps. */
import type { LeafValues } from '@coxswain/base';
import { t5Buckets } from '@coxswain/kernels';
import type { SequenceBatch } from '@coxswain/transformer';
import { firstRun, type Prepared } from '../contestant.js';
import type { Jax, JaxArray } from '../peers/jax.js';
import { sizesOf } from '../reference/sizes.js';
import { NORM_EPS, type Weights } from '../reference/transformer.js';
import { OBSERVATION_WEIGHT, OPTIMISER, type Pretraining } from './pretraining.js';

type Tree = Record<string, JaxArray>;

function lossOf(jax: Jax, { config, batch, time }: Pretraining, weights: Tree, data: Record<string, JaxArray>): JaxArray {
  const { numpy: np, nn } = jax;
  const { width, heads, depth } = config;
  const { vocabulary, actions, observationClasses } = sizesOf(config);
  const headDim = width / heads;
  const rows = batch * time;
  const norm = (x: JaxArray, name: string): JaxArray =>
    nn.standardize(x, -1, { epsilon: NORM_EPS }).mul(weights[`${name}.weight`]).add(weights[`${name}.bias`]);
  const linear = (x: JaxArray, name: string): JaxArray => np.matmul(x, np.transpose(weights[`${name}.weight`]));
  const biased = (x: JaxArray, name: string): JaxArray => linear(x, name).add(weights[`${name}.bias`]);
  let e = np.matmul(nn.oneHot(data.indices, vocabulary), weights['embedding.weight']);
  for (let i = 0; i < depth; i++) {
    const name = `layers.${i}`;
    const parts = np.split(linear(norm(e.ref, `${name}.ln1`), `${name}.qkv`), 3, 1);
    const [q, k, v] = parts.map((part) => part.reshape([batch, time, heads, headDim]));
    const bias = np.transpose(np.matmul(data.buckets.ref, weights[`${name}.rel`]).reshape([time, time, heads]), [2, 0, 1]);
    const scores = np
      .matmul(np.transpose(q, [0, 2, 1, 3]), np.transpose(k, [0, 2, 3, 1]))
      .mul(1 / Math.sqrt(headDim))
      .add(bias);
    const causal = nn.softmax(np.where(np.tri(time, time, 0, { dtype: np.bool }), scores, -1e30), -1);
    const mixed = np.transpose(np.matmul(causal, np.transpose(v, [0, 2, 1, 3])), [0, 2, 1, 3]).reshape([rows, width]);
    e = e.add(linear(mixed, `${name}.o`));
    e = e.ref.add(biased(nn.relu(biased(norm(e, `${name}.ln2`), `${name}.w1`)), `${name}.w2`));
  }
  const y = norm(e, 'lnf');
  const mean = (name: string, classes: number, targets: JaxArray): JaxArray =>
    np.sum(nn.logSoftmax(biased(y.ref, name), -1).mul(nn.oneHot(targets, classes))).mul(-1 / rows);
  const loss = mean('act', actions, data.actions).add(mean('obs', observationClasses, data.observations).mul(OBSERVATION_WEIGHT));
  y.dispose();
  data.buckets.dispose();
  return loss;
}

/** A pretraining run in jax-js from these weights, a step at a time; its output is the loss of its last step. */
export async function prepareJax(jax: Jax, spec: Pretraining, batch: SequenceBatch, start: Weights): Promise<Prepared> {
  const { numpy: np, jit, tree, valueAndGrad } = jax;
  const { time, config } = spec;
  const predicted = batch.predicted?.[0];
  if (!predicted) throw new Error('a pretraining step without what it predicts');
  const { learningRate, beta1, beta2, eps, weightDecay } = OPTIMISER;
  const from = performance.now();
  const int = (data: LeafValues): JaxArray => np.array(Int32Array.from(data), { shape: [data.length], dtype: np.int32 });
  const bucketOf = t5Buckets(time, config.buckets, config.maxDistance);
  const buckets = new Float32Array(time * time * config.buckets);
  for (let query = 0; query < time; query++)
    for (let key = 0; key <= query; key++) buckets[(query * time + key) * config.buckets + bucketOf[query - key]] = 1;
  const data: Tree = {
    indices: int(batch.observation[0]),
    actions: int(batch.action[0]),
    observations: int(predicted),
    buckets: np.array(buckets, { shape: [time * time, config.buckets] }),
  };
  const update = jit((weights: Tree, mean: Tree, variance: Tree, corrections: JaxArray[], given: Tree) => {
    const [loss, gradient] = valueAndGrad((w: Tree, d: Tree) => lossOf(jax, spec, w, d))(tree.ref(weights), given) as [JaxArray, Tree];
    const newMean = tree.map((m: JaxArray, g: JaxArray) => m.mul(beta1).add(g.mul(1 - beta1)), mean, tree.ref(gradient)) as Tree;
    const newVariance = tree.map((v: JaxArray, g: JaxArray) => v.mul(beta2).add(np.square(g).mul(1 - beta2)), variance, gradient) as Tree;
    const [ofMean, ofVariance] = corrections;
    const next = tree.map(
      (w: JaxArray, m: JaxArray, v: JaxArray) =>
        w.mul(1 - learningRate * weightDecay).sub(
          m
            .mul(ofMean.ref)
            .mul(learningRate)
            .div(np.sqrt(v.mul(ofVariance.ref)).add(eps)),
        ),
      weights,
      tree.ref(newMean),
      tree.ref(newVariance),
    ) as Tree;
    for (const one of corrections) one.dispose();
    return [loss, next, newMean, newVariance] as [JaxArray, Tree, Tree, Tree];
  });
  const named = (of: (shape: readonly number[], values: ArrayLike<number>) => JaxArray): Tree =>
    Object.fromEntries([...start].map(([name, { shape, data: values }]) => [name, of(shape, values)]));
  let weights = named((shape, values) => np.array(Float32Array.from(values), { shape: [...shape] }));
  let mean = named((shape) => np.zeros([...shape]));
  let variance = named((shape) => np.zeros([...shape]));
  let loss: JaxArray | undefined;
  let steps = 0;
  const run = (): void => {
    steps++;
    loss?.dispose();
    const corrections = [np.array(1 / (1 - beta1 ** steps)), np.array(1 / (1 - beta2 ** steps))];
    [loss, weights, mean, variance] = update(weights, mean, variance, corrections, tree.ref(data));
  };
  const finish = async (): Promise<void> => {
    await jax.blockUntilReady([loss, weights, mean, variance]);
  };
  return firstRun(from, {
    run,
    finish,
    outputs: async () => [(await (loss as JaxArray).ref.data()) as Float32Array],
    dispose: () => {
      loss?.dispose();
      for (const one of [weights, mean, variance, data]) tree.dispose(one);
    },
  });
}
