import { expect, it } from 'vitest';
import { resolve } from '../settings/resolve.js';
import type { Config } from '../settings/sections.js';
import { transformerConfigOf } from './base.js';
import { observationSpaceOf } from './world.js';

const windowOf = (config: Config): number | undefined => transformerConfigOf(config, observationSpaceOf(config)).window;

it('gives the model its window, and none where its settings are older than windows', () => {
  const config = resolve('grid-mini', ['model.window=3']);
  expect(windowOf(config)).toBe(3);
  expect(windowOf(resolve('grid-paper'))).toBe(0);
  const { window: _, ...older } = config.model;
  expect(windowOf({ ...config, model: older as Config['model'] })).toBe(0);
});
