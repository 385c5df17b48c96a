/** Worlds from files: `--world ./my-world.ts`. */
import { resolve } from 'node:path';
import { CoxswainError, checkSpace } from '@coxswain/base';
import { RESERVED_SETTINGS, type WorldDefinition, worldKit } from '@coxswain/envs';
// What is built into one file has to hold the compiler, too: this entry does.
import { createJiti } from 'jiti/static';
import { WorldFileError } from '../errors.js';
import { digestOfFile } from '../run/checkpoint.js';
import { addWorld, type KnownWorld, knownWorlds } from './known.js';

const EXPECTED = 'a file whose default export is a function that returns a world (WorldFile of @coxswain/envs)';

/** What a definition cannot do without, and what each is. */
const NEEDED = {
  name: 'string',
  about: 'string',
  settings: 'object',
  defaults: 'function',
  spaces: 'function',
  task: 'function',
  open: 'function',
} as const satisfies Partial<Record<keyof WorldDefinition, string>>;

/**
 * Reads a file that is a world, and lets it be found by its name.
 * @param path from the current folder on, as it is recorded.
 * @throws FileError where there is none; WorldFileError for one that is no world.
 */
export async function loadWorld(path: string): Promise<KnownWorld> {
  const sha256 = digestOfFile(path);
  const known = knownWorlds().find(({ origin }) => origin?.file === path && origin.sha256 === sha256);
  if (known) return known;
  const definition = checked(path, await made(path));
  const world: KnownWorld = { ...definition, origin: { file: path, sha256 } };
  addWorld(world);
  return world;
}

/** What the file's function returns. */
async function made(path: string): Promise<unknown> {
  // Neither a cache in memory nor one on disk: the file may have changed, and its folder is its owner's.
  const jiti = createJiti(import.meta.url, { moduleCache: false, fsCache: false, interopDefault: false });
  let exported: unknown;
  try {
    exported = ((await jiti.import(resolve(path))) as { default?: unknown }).default;
  } catch (error) {
    throw new WorldFileError(path, `it throws ${told(error)}`, EXPECTED, { cause: error });
  }
  if (exported === undefined) throw new WorldFileError(path, 'it exports nothing by default', EXPECTED);
  if (typeof exported !== 'function') throw new WorldFileError(path, `its default export is of type ${typeof exported}`, EXPECTED);
  try {
    return await exported(worldKit);
  } catch (error) {
    throw new WorldFileError(path, `its function throws ${told(error)}`, EXPECTED, { cause: error });
  }
}

const told = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message.split('\n')[0]}` : String(error));

/** @throws WorldFileError unless it is a definition whose spaces can be. */
function checked(path: string, value: unknown): WorldDefinition {
  if (typeof value !== 'object' || value === null) throw new WorldFileError(path, `its function returns ${value}`, 'a world');
  const given = value as Record<string, unknown>;
  const missing = Object.entries(NEEDED).filter(([key, type]) => typeof given[key] !== type || given[key] === null);
  if (missing.length > 0)
    throw new WorldFileError(
      path,
      `what its function returns has no ${missing.map(([key]) => key).join(', no ')}`,
      `a world with ${missing.map(([key, type]) => `${key} (${type})`).join(', ')}`,
    );
  const definition = value as WorldDefinition;
  const { name, settings } = definition;
  if (knownWorlds().some((world) => world.name === name && !world.origin))
    throw new WorldFileError(path, `its name is ${name}, which another world has`, 'a name of its own');
  const taken = Object.keys(settings.shape ?? {}).find((key) => RESERVED_SETTINGS.includes(key));
  if (taken !== undefined)
    throw new WorldFileError(path, `it has a setting ${taken}`, `settings other than ${RESERVED_SETTINGS.join(', ')}`);
  requireSpaces(path, definition);
  return definition;
}

/** Where settings have to be given first, the spaces are looked at once they are. */
function requireSpaces(path: string, { settings, presets = {}, spaces }: WorldDefinition): void {
  for (const given of [{}, ...Object.values(presets)]) {
    const read = settings.safeParse(given);
    if (!read.success) continue;
    try {
      const { observation, action, predicted } = spaces(read.data);
      checkSpace(observation, 'observation');
      checkSpace(action, 'action');
      if (predicted) checkSpace(predicted, 'predicted');
    } catch (error) {
      if (error instanceof CoxswainError) throw error;
      throw new WorldFileError(path, `its spaces throw ${told(error)}`, 'spaces', { cause: error });
    }
  }
}
