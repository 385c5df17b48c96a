/** A file that is a world: its default export. */
import { CounterRandom } from '@coxswain/base';
import { z } from 'zod';
import { type WorldDefinition, world } from './definition.js';
import { digitTask } from './digit-task.js';
import { singleWorld } from './single.js';

/** What a world file is given, so that it imports types alone and needs no installation. */
export const worldKit = {
  /** For settings. */
  z,
  /** A world that steps its N episodes itself. */
  world,
  /** A world from the rules of one episode. */
  singleWorld,
  /** Tasks written as digits. */
  digitTask,
  /** Random numbers with an address, for worlds that step themselves. */
  random: (seed: number): CounterRandom => new CounterRandom(seed),
} as const;

export type WorldKit = typeof worldKit;

/** The default export of a world file, with `satisfies WorldFile`. */
export type WorldFile = (kit: WorldKit) => WorldDefinition;
