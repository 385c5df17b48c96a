/** From settings to the world, its spaces and its demonstrations. */
import {
  type ConfiguredWorld,
  configureWorld,
  type DemonstrationSettings,
  resultOf,
  type Trajectories,
  type WorldDefinition,
} from '@coxswain/envs';
import type { Config } from '../config.js';
import { NotOfferedError } from '../errors.js';
import type { PhaseContext } from '../phase.js';
import { knownWorlds } from './known.js';
import { storedDemonstrations } from './stored-demonstrations.js';

const known = new WeakMap<Config['world'], ConfiguredWorld>();

/** The world that the settings name. */
export function worldOf({ world }: Pick<Config, 'world'>): ConfiguredWorld {
  const made = known.get(world) ?? configureWorld(knownWorlds(), world);
  known.set(world, made);
  return made;
}

/**
 * Where each use of a run's seed begins among the seeds of the world: what is trained on never meets what is measured
 * on, and the worlds that RL plays, or that skills are looked for in, are neither.
 */
export const WORLD_SEED = {
  training: 0,
  heldOut: 1_000_000,
  behaviour: 2_000_000,
  reinforcement: 3_000_000,
  evaluation: 4_000_000,
  unconditioned: 5_000_000,
} as const;

type Which = 'training' | 'heldOut';
/** How the expert plays. */
export type DemonstrationStyle = Pick<DemonstrationSettings, 'noise' | 'ties'>;

/** @throws NotOfferedError where the world has no expert. */
function begin({ world }: Pick<Config, 'world'>, how: DemonstrationSettings): Generator<number, Trajectories> {
  const { definition, settings } = worldOf({ world });
  if (!definition.demonstrations)
    throw new NotOfferedError(
      definition.name,
      'demonstrations',
      'an expert',
      worldsWith((other) => other.demonstrations !== undefined),
    );
  return definition.demonstrations(settings, how);
}

/** Of the training tasks. */
function styled(config: Config, which: Which, seed: number, count: number, { noise, ties }: DemonstrationStyle): DemonstrationSettings {
  const { horizon } = config.world;
  return { tasks: worldOf(config).tasks, horizon, count, seed: WORLD_SEED[which] + seed, noise, ...(ties && { ties }) };
}

/** Names of the worlds that offer something. */
export const worldsWith = (offers: (definition: WorldDefinition) => boolean): string[] =>
  knownWorlds()
    .filter(offers)
    .map(({ name }) => name);

/** Demonstrations of any kind, at once. */
export const demonstrationsOf = (config: Pick<Config, 'world'>, how: DemonstrationSettings): Trajectories => resultOf(begin(config, how));

/**
 * Demonstrations of the training tasks, or of the file that the configuration names; `which` tells training data from
 * held-out data of the same seed.
 */
export function demonstrations(config: Config, which: Which, seed: number, count: number, style: DemonstrationStyle): Trajectories {
  return storedDemonstrations(config, which, count) ?? demonstrationsOf(config, styled(config, which, seed, count, style));
}

/**
 * The demonstrations that a run trains on, which may take minutes: shows how far it is, and hears Ctrl-C.
 * @throws InterruptedError.
 */
export async function makeDemonstrations(
  config: Config,
  seed: number,
  count: number,
  style: DemonstrationStyle,
  session: PhaseContext['session'],
): Promise<Trajectories> {
  const stored = storedDemonstrations(config, 'training', count);
  if (stored) return stored;
  const shares = begin(config, styled(config, 'training', seed, count, style));
  for (;;) {
    const { done, value } = shares.next();
    if (done) return value;
    await session.preparing(`demonstrations (ε ${style.noise})`, value, count);
  }
}
