/**
 * Settings that several sections have. Defaults everywhere are the recipe, measured in the smallest world in which the
 * whole method works, on two cores without a GPU. § are sections of arXiv 2512.20605.
 */
import { choice, integer, number } from './setting.js';

export const adam = (what: string, initial: { learningRate: number; weightDecay: number; gradientClip: number }) => ({
  learningRate: number(`Learning rate of ${what}.`, initial.learningRate, { min: 0 }),
  weightDecay: number(`Decoupled weight decay of ${what} (0 makes AdamW Adam).`, initial.weightDecay, { min: 0, max: 1 }),
  gradientClip: number(`Largest norm of the whole gradient of ${what}; longer ones are scaled down to it.`, initial.gradientClip, {
    min: 0,
  }),
});

export const noise = (initial: number) =>
  number('Noise of the experts: the share ε of moves replaced by a random one that ends nothing, or the deviation of forces.', initial, {
    min: 0,
    max: 1,
  });

export const precision = choice(
  'What products of matrices read their operands in while training; sums, weights and everything else are f32. f16 needs an adapter with shader-f16.',
  'f32',
  ['f32', 'f16'],
);

export const lengthBuckets = integer('Batches drawn and sorted by length together, so that episodes of a length share a batch.', 8, {
  min: 1,
});

export const saveEvery = (initial: number) => integer('Steps between two checkpoints.', initial, { min: 1, hashed: false });

export const cadence = (evaluateEvery: number, evaluationEpisodes: number) => ({
  logEvery: integer('Steps between two lines of metrics.', 50, { min: 1 }),
  evaluateEvery: integer('Steps between two evaluations on held-out episodes.', evaluateEvery, { min: 1 }),
  evaluationEpisodes: integer('Held-out episodes of one evaluation.', evaluationEpisodes, { min: 1 }),
  saveEvery: saveEvery(250),
});
