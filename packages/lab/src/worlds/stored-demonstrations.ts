/**
 * Demonstrations from a file (`--demonstrations FILE`): for worlds without an expert, and for who has data of another
 * one.
 */
import fs from 'node:fs';
import {
  EnvError,
  firstOf,
  type NamedArray,
  selectEpisodes,
  settingsOfWorld,
  type Trajectories,
  trajectoriesFromArrays,
  worldNamed,
} from '@coxswain/envs';
import { readSafetensors } from '@coxswain/tensor';
import type { Config } from '../config.js';
import { onDisk } from '../run/storage.js';
import { knownWorlds } from './known.js';

/**
 * Of so many episodes the last is held out: the file's 10th, 20th, …, so that they are like the others however the file
 * is sorted.
 */
const EVERY = 10;

interface Parts {
  readonly training: Trajectories;
  readonly heldOut: Trajectories;
}

const known = new Map<string, Parts>();

/**
 * Demonstrations of the file that a configuration names, the first `count` of its part; all of them where there are
 * fewer. Episodes longer than `world.horizon` are left out.
 * @returns `undefined` where it names none.
 * @throws EnvError `bad-demonstrations` for a file that is no such thing.
 */
export function storedDemonstrations({ world }: Pick<Config, 'world'>, which: keyof Parts, count: number): Trajectories | undefined {
  const { demonstrations: path, demonstrationsSha256: sha256 } = world;
  if (path === undefined || sha256 === undefined) return undefined;
  const key = JSON.stringify([sha256, world]);
  const parts = known.get(key) ?? split(readDemonstrations(world, path), path, world.horizon);
  known.set(key, parts);
  return firstOf(parts[which], count);
}

/** What the file holds, as this world reads it. @throws EnvError `bad-demonstrations`. */
export function readDemonstrations(world: Config['world'], path: string): Trajectories {
  const definition = worldNamed(knownWorlds(), world);
  const settings = settingsOfWorld(definition, world);
  const arrays = readArrays(path);
  return explained(path, () => trajectoriesFromArrays(arrays, definition.spaces(settings), definition.views?.(settings)));
}

function readArrays(path: string): Map<string, NamedArray> {
  const { tensors } = readSafetensors(
    onDisk(path, () => fs.readFileSync(path)),
    path,
  );
  return new Map(
    Array.from(tensors, ([name, { shape, data }]) => {
      // Programs that write integers write 64 bits by default.
      const wide = data instanceof BigInt64Array || data instanceof BigUint64Array;
      return [name, { shape, data: wide ? Array.from(data as BigInt64Array, Number) : (data as NamedArray['data']) }];
    }),
  );
}

/** The same error with the file's name. */
function explained<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EnvError) || error.code !== 'bad-demonstrations') throw error;
    const { value = '', expected = '', remedy = '' } = error;
    throw new EnvError('bad-demonstrations', `${path}: ${value}`, expected, remedy, { cause: error });
  }
}

const numbersTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

function split(all: Trajectories, path: string, horizon: number): Parts {
  const short = numbersTo(all.count).filter((episode) => all.length[episode] <= horizon);
  if (short.length < EVERY)
    throw new EnvError(
      'bad-demonstrations',
      `${path}: ${short.length} episodes of at most ${horizon} steps (world.horizon)`,
      `at least ${EVERY}, of which one is held out`,
      'record more, or raise world.horizon',
    );
  const isHeldOut = (_: number, i: number): boolean => i % EVERY === EVERY - 1;
  return {
    training: selectEpisodes(
      all,
      short.filter((episode, i) => !isHeldOut(episode, i)),
    ),
    heldOut: selectEpisodes(all, short.filter(isHeldOut)),
  };
}
