/** What a pretraining step works on: one small transformer, one batch, one optimiser, the same for every contestant. */
import { discreteSpace, HostRandom, rowsSpace } from '@coxswain/base';
import type { SequenceBatch, TransformerConfig } from '@coxswain/transformer';
import { sizesOf } from '../reference/sizes.js';
import { blocksReference, embeddingReference, headLossReference, mean, type Numbers, type Weights } from '../reference/transformer.js';

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
    observation: rowsSpace(64, 1, false),
    action: discreteSpace(4),
    predicted: discreteSpace(16),
    buckets: 32,
    maxDistance: 128,
    initialisation: 'small-output',
  },
  batch: 128,
  time: 32,
};

export const OBSERVATION_WEIGHT = 0.01;
export const OPTIMISER = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.03 };

export const shapeOf = ({ config, batch, time }: Pretraining): string => `d${config.width} L${config.depth} T${time} B${batch}`;

/** Full sequences of random tokens; the action follows from the token before, so that there is something to learn. */
export function makeBatch({ config, batch, time }: Pretraining): SequenceBatch {
  const random = new HostRandom(1);
  const draw = (below: number): number => Math.floor(random.uniform() * below);
  const n = batch * time;
  const { vocabulary, actions, observationClasses } = sizesOf(config);
  const indices = Int32Array.from({ length: n }, () => draw(vocabulary));
  return {
    batch,
    time,
    observation: [indices],
    action: [Int32Array.from({ length: n }, (_, i) => (i % time ? indices[i - 1] : 0) % actions)],
    predicted: [Int32Array.from({ length: n }, () => draw(observationClasses))],
    mask: new Float32Array(n).fill(1),
  };
}

/** The loss of a batch in float64: mean over steps of −log p(action) − λ log p(observation). */
export function pretrainingLoss({ config }: Pretraining, data: SequenceBatch, weights: Weights): number {
  const e = blocksReference(config, embeddingReference(config, data.observation[0], weights), data, weights, [0, config.depth]);
  const loss = (head: 'act' | 'obs', targets: Numbers): number => mean(headLossReference(config, e, weights, head, targets));
  return loss('act', data.action[0]) + OBSERVATION_WEIGHT * loss('obs', data.predicted?.[0] ?? []);
}
