/** Settings of the model of a convolution and a linear recurrence. */
import { MOST_TAPS } from '@coxswain/kernels';
import { z } from 'zod';
import { checkHeads, hidden, sizePresets, sizes, starts } from '../sizes.js';

const settings = z.object({
  ...sizes,
  taps: z.int().min(1).max(MOST_TAPS).default(4).describe('Steps that the convolution of `hawk` sees, its own included.'),
  ...hidden,
  ...starts,
});

export type HawkSettings = z.output<typeof settings>;

export const hawkSettings = { name: 'hawk', settings, presets: sizePresets, check: checkHeads } as const;
