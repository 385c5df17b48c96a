/** Settings of the model of attention. */
import { SettingError } from '@coxswain/base';
import { z } from 'zod';
import { model } from '../definition.js';
import { checkHeads, hidden, sizePresets, sizes, starts } from '../settings.js';
import { sharedConfig } from '../shared-config.js';
import { Transformer } from './model.js';

const settings = z.object({
  ...sizes,
  ...hidden,
  buckets: z.int().min(4).default(32).describe('Buckets of the relative-position bias (T5).'),
  maxDistance: z.int().min(2).default(128).describe('Distance from which all positions share the last bucket.'),
  window: z.int().min(0).default(0).describe('Steps that attention sees, its own included; 0 for all of them.'),
  ...starts,
});

type TransformerSettings = z.output<typeof settings>;

/** @throws SettingError for values that do not fit together. */
function check(values: TransformerSettings): void {
  checkHeads(values);
  const { buckets, maxDistance } = values;
  if (buckets % 2 !== 0)
    throw new SettingError(
      'model.buckets',
      String(buckets),
      'an even number',
      'Half the buckets are exact distances, half are logarithmic.',
    );
  if (maxDistance > buckets / 2) return;
  const expected = `more than half of model.buckets (${buckets / 2})`;
  throw new SettingError('model.maxDistance', String(maxDistance), expected, 'Raise model.maxDistance or lower model.buckets.');
}

/** The model of attention, by name. */
export const transformer = model({
  name: 'transformer',
  settings,
  presets: sizePresets,
  check,
  declare: (store, values, spaces) => {
    const { heads, buckets, maxDistance, window } = values;
    return new Transformer(store, { ...sharedConfig(values, spaces), heads, buckets, maxDistance, window });
  },
});
