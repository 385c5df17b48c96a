/** Named configurations. */
import { UnknownPresetError } from '../errors.js';
import { nearest } from '../suggest.js';
import { gridMini } from './presets/grid-mini.js';
import { gridPaper } from './presets/grid-paper.js';
import { gridSmall } from './presets/grid-small.js';
import type { Config } from './sections.js';

const PRESETS: Readonly<Record<string, Config>> = { 'grid-mini': gridMini, 'grid-small': gridSmall, 'grid-paper': gridPaper };

export const PRESET_NAMES: readonly string[] = Object.keys(PRESETS);

/**
 * A copy of a preset, free to be changed.
 * @throws UnknownPresetError that names the nearest preset.
 */
export function preset(name: string): Config {
  if (!Object.hasOwn(PRESETS, name)) throw new UnknownPresetError(name, PRESET_NAMES, nearest(name, PRESET_NAMES));
  return structuredClone(PRESETS[name]);
}
