/** The worlds by name. */
import type { WorldDefinition } from '@coxswain/envs';
import { house } from '../house.js';
import type { Origin } from '../settings/section.js';

/** A world, and where it was read from. */
export interface KnownWorld extends WorldDefinition {
  /** Absent for one that comes with the program. */
  readonly origin?: Origin;
}

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
