/** Settings of the library of skills. */

import { integer, number, section } from '@coxswain/lab';
import { z } from 'zod';

export const skillsSection = section({
  name: 'skills',
  schema: z.object({
    worlds: integer('Episodes without a task, with codes drawn at random, that are played together.', 64, { min: 1 }),
    batches: integer('Batches of them.', 4, { min: 1 }),
    neighbours: integer('Held codes, those that steer most like one, that are asked what they reached.', 32, { min: 1 }),
    agreement: number('Share of them that has to have reached the same colour for the code to count as clear.', 0.9, { min: 0, max: 1 }),
    starts: integer('Random starts of the clustering of clear codes, for each number of clusters.', 4, { min: 1 }),
  }),
});
