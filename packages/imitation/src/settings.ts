/** Settings of training the base model. */

import { adam, cadence, integer, lengthBuckets, noise, number, precision, requireThat, requireWithin, section } from '@coxswain/lab';
import { z } from 'zod';

export const pretrainSection = section({
  name: 'pretrain',
  schema: z.object({
    episodes: integer('Expert episodes made as data.', 2_300_000, { min: 1 }),
    noise: noise(0.1),
    steps: integer('Training steps.', 9000, { min: 1 }),
    precision,
    batch: integer('Episodes in a batch.', 256, { min: 1 }),
    parts: integer(
      'Parts that a batch is worked off in, one after the other, where the whole does not fit the memory; a divisor of the batch.',
      1,
      { min: 1 },
    ),
    lengthBuckets,
    observationWeight: number('Weight λ of the next-observation loss.', 0.01, { min: 0 }),
    warmup: integer('Steps over which the learning rate rises from zero.', 200, { min: 0 }),
    finalRate: number('Share of the learning rate left at the last step; it falls linearly (1 keeps it constant).', 0.02, {
      min: 0,
      max: 1,
    }),
    ...adam('the base model', { learningRate: 3e-3, weightDecay: 0.03, gradientClip: 1 }),
    ...cadence(1000, 1000),
  }),
  presets: {
    'pads-mini': { episodes: 200_000, noise: 0.15, steps: 6000, batch: 128, evaluateEvery: 500, evaluationEpisodes: 500 },
    // A start: that such a base can be steered is still to be shown. All episodes are held in memory.
    'ant-mini': {
      episodes: 12_000,
      // Many small steps: the one seed tried came further in as long than with batches of 32.
      steps: 30_000,
      batch: 8,
      warmup: 400,
      evaluateEvery: 3000,
      evaluationEpisodes: 200,
    },
    'ant-paper': {
      episodes: 20_000,
      steps: 204_800,
      batch: 512,
      parts: 16,
      observationWeight: 10,
      warmup: 0,
      finalRate: 1,
      learningRate: 3e-4,
      logEvery: 100,
      evaluateEvery: 4000,
      saveEvery: 1000,
    },
    'grid-small': {
      episodes: 1_000_000,
      steps: 20_000,
      batch: 512,
      warmup: 500,
      learningRate: 2e-3,
      evaluateEvery: 2000,
      saveEvery: 500,
    },
    'grid-paper': {
      episodes: 1_000_000,
      steps: 256_000,
      batch: 1024,
      warmup: 0,
      finalRate: 1,
      learningRate: 3e-4,
      logEvery: 100,
      evaluateEvery: 4000,
      saveEvery: 1000,
    },
  },
  check(pretrain) {
    const expected = `a divisor of pretrain.batch (${pretrain.batch})`;
    requireThat(pretrain.batch % pretrain.parts === 0, 'pretrain.parts', pretrain.parts, expected, 'Parts have the same size.');
    requireWithin('pretrain', pretrain, ['warmup']);
  },
});
