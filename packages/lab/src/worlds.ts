/** The worlds by name, and what reads them as grids. */
import { GRID_NAME, type GridSettings, gridworldPinpad, pointPads, type WorldDefinition } from '@coxswain/envs';
import { SettingError } from './errors.js';
import type { Origin } from './settings/section.js';

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

const known: KnownWorld[] = [gridworldPinpad, pointPads];

/** Every world that `world.name` can name; the first is the default. */
export const WORLDS: readonly KnownWorld[] = known;

/**
 * Lets a world be found by its name, such as one that was read from a file; it takes the place of one of the same name.
 */
export function addWorld(definition: KnownWorld): void {
  const at = known.findIndex(({ name }) => name === definition.name);
  known.splice(at < 0 ? known.length : at, 1, definition);
}

/** The world that a configuration names. @throws SettingError for one that is not known. */
export function definitionOf({ name }: { readonly name: string }): WorldDefinition {
  const found = WORLDS.find((world) => world.name === name);
  if (found) return found;
  const names = WORLDS.map((world) => world.name).join(', ');
  throw new SettingError('world.name', `\`${name}\``, `one of ${names}`, 'Give the file it is in: --world FILE.');
}

/** The settings of a configuration that are its world's own. */
export function settingsOfWorld(world: { readonly name: string } & Record<string, unknown>) {
  const own = Object.entries(world).filter(([key]) => !RESERVED_SETTINGS.includes(key));
  return definitionOf(world).settings.parse(Object.fromEntries(own));
}

/** The settings of a configuration whose world is the grid. @throws SettingError for that of another. */
export function gridOf({ world }: { readonly world: { readonly name: string } }): GridSettings {
  if (world.name !== GRID_NAME)
    throw new SettingError('world.name', `\`${world.name}\``, GRID_NAME, 'What is asked for reads the cells of a grid: choose that world.');
  return world as unknown as GridSettings;
}
