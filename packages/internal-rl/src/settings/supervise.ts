/** Settings of the bound that labels give. */

import { adam, integer, number, saveEvery, section } from '@coxswain/lab';
import { z } from 'zod';

export const superviseSection = section({
  name: 'supervise',
  schema: z.object({
    episodes: integer('Expert episodes made as data.', 60_000, { min: 1 }),
    steps: integer('Training steps.', 800, { min: 1 }),
    batch: integer('Episodes in a batch.', 256, { min: 1 }),
    finalRate: number('Share of the learning rate left at the last step; it falls linearly (1 keeps it constant).', 0.03, {
      min: 0,
      max: 1,
    }),
    ...adam('the supervised controllers', { learningRate: 3e-3, weightDecay: 0, gradientClip: 0 }),
    evaluationEpisodes: integer('Held-out episodes whose loss is measured.', 1500, { min: 1 }),
    saveEvery: saveEvery(200),
  }),
  presets: {
    'grid-small': { episodes: 200_000, steps: 3200 },
    'grid-paper': {
      episodes: 100_000,
      steps: 3200,
      batch: 512,
      finalRate: 1,
      learningRate: 1e-3,
      weightDecay: 0.03,
      saveEvery: 400,
    },
  },
});
