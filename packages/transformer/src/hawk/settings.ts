/** Settings of the model of a convolution and a linear recurrence. */
import { MOST_TAPS } from '@coxswain/kernels';
import { z } from 'zod';
import { model } from '../definition.js';
import { checkHeads, hidden, sizePresets, sizes, starts } from '../settings.js';
import { sharedConfig } from '../shared-config.js';
import { Hawk } from './model.js';

const settings = z.object({
  ...sizes,
  taps: z.int().min(1).max(MOST_TAPS).default(4).describe('Steps that the convolution of `hawk` sees, its own included.'),
  ...hidden,
  ...starts,
});

/** The model of a convolution and a linear recurrence, by name. */
export const hawk = model({
  name: 'hawk',
  settings,
  presets: {
    ...sizePresets,
    'ant-mini': {},
    'ant-paper': { width: 256, depth: 8, heads: 8, mlp: 512, init: 'variance-scaled', varianceScale: 0.1 },
  },
  check: checkHeads,
  declare: (store, values, spaces) => new Hawk(store, { ...sharedConfig(values, spaces), heads: values.heads, taps: values.taps }),
});
