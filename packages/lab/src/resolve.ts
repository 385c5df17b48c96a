/** From a preset and overrides to one configuration that is checked as a whole. */
import { type Config, configure, type Loaded, type PartialConfig, validateSections } from './config.js';
import { house } from './house.js';

/**
 * Checks every setting of the given sections by itself, then those that depend on each other.
 * @throws SettingError that names the setting, its value, what was expected and what to change.
 */
export function validate(config: PartialConfig, loaded: Loaded = {}): void {
  const world = validateSections(config, loaded);
  for (const { check } of house().phases) check?.(config, world);
}

/**
 * A preset with overrides applied, checked as a whole.
 * @param assignments `key=value`, applied in order.
 * @param loaded a world or a model that no list has: it is chosen unless `world.name` or `model.name` says another.
 */
export function resolve(presetName: string, assignments: readonly string[] = [], loaded: Loaded = {}): Config {
  const config = configure(presetName, assignments, loaded);
  validate(config, loaded);
  return config;
}
