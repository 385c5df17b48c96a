/** The worlds by name. */
import type { WorldDefinition } from '@coxswain/envs';
import { SettingError } from '../errors.js';
import { house } from '../house.js';
import type { Origin } from '../settings/section.js';

/** A world, and where it was read from. */
export interface KnownWorld extends WorldDefinition {
  /** Absent for one that comes with the program. */
  readonly origin?: Origin;
}

/** What a configuration keeps of a world beside its own settings, which therefore have other names. */
export const RESERVED_SETTINGS: readonly string[] = [
  'name',
  'tasks',
  'horizon',
  'file',
  'sha256',
  'demonstrations',
  'demonstrationsSha256',
];

/** Every world that `world.name` can name; the first is the default. */
export const knownWorlds = (): readonly KnownWorld[] => house().worlds;

/**
 * Lets a world be found by its name, such as one that was read from a file; it takes the place of one of the same name.
 */
export function addWorld(definition: KnownWorld): void {
  const { worlds } = house();
  const at = worlds.findIndex(({ name }) => name === definition.name);
  worlds.splice(at < 0 ? worlds.length : at, 1, definition);
}

/** The world that a configuration names. @throws SettingError for one that is not known. */
export function definitionOf({ name }: { readonly name: string }): WorldDefinition {
  const worlds = knownWorlds();
  const found = worlds.find((world) => world.name === name);
  if (found) return found;
  const names = worlds.map((world) => world.name).join(', ');
  throw new SettingError('world.name', `\`${name}\``, `one of ${names}`, 'Give the file it is in: --world FILE.');
}

/** The settings of a configuration that are its world's own. */
export function settingsOfWorld(world: { readonly name: string } & Record<string, unknown>) {
  const own = Object.entries(world).filter(([key]) => !RESERVED_SETTINGS.includes(key));
  return definitionOf(world).settings.parse(Object.fromEntries(own));
}
