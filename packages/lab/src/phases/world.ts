/** From settings to the world, its observations and its demonstrations. */

import {
  allocentric,
  type EpisodeBatch,
  type Episodes,
  type ExpertEpisodes,
  type ExpertSettings,
  egocentric,
  expertEpisodes,
  type GridObservation,
  type GridSize,
  generateExpertEpisodes,
  observeEpisodes,
  type Ties,
} from '@coxswain/envs';
import type { SequenceBatch } from '@coxswain/transformer';
import type { Config } from '../config.js';
import type { PhaseContext } from '../phase.js';
import { gridOf } from '../worlds.js';

export function worldOf(config: Config): GridSize {
  const { size, colours, walls } = gridOf(config);
  return { size, colours, walls };
}

export function observationSpaceOf(config: Config): GridObservation {
  const world = worldOf(config);
  return gridOf(config).observation === 'egocentric' ? egocentric(world) : allocentric(world);
}

/**
 * Where each use of a run's seed begins among the seeds of the world: what is trained on never meets what is measured on,
 * and the worlds that RL plays, or that skills are looked for in, are neither.
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
type Style = { readonly noise: number; readonly ties?: Ties };

function expertSettings(config: Config, which: Which, seed: number, count: number, { noise, ties }: Style): ExpertSettings {
  const { tasks, horizon } = config.world;
  return { world: worldOf(config), tasks, epsilon: noise, ties, horizon, count, seed: WORLD_SEED[which] + seed };
}

/** Demonstrations of the training tasks; `which` tells training data from held-out data of the same seed. */
export function demonstrations(config: Config, which: Which, seed: number, count: number, style: Style): ExpertEpisodes {
  return generateExpertEpisodes(expertSettings(config, which, seed, count, style));
}

/**
 * The demonstrations that a run trains on, which may take minutes: shows how far it is, and hears Ctrl-C.
 * @throws InterruptedError.
 */
export async function makeDemonstrations(
  config: Config,
  seed: number,
  count: number,
  style: Style,
  session: PhaseContext['session'],
): Promise<ExpertEpisodes> {
  const shares = expertEpisodes(expertSettings(config, 'training', seed, count, style));
  for (;;) {
    const { done, value } = shares.next();
    if (done) return value;
    await session.preparing(`demonstrations (ε ${style.noise})`, value, count);
  }
}

/** Mean steps of an episode. */
export function meanLength({ length, count }: Episodes): number {
  return length.reduce((a, b) => a + b, 0) / count;
}

/** The steps of a batch of episodes as a sequence model trains on them. */
export function sequenceBatch(space: GridObservation, { size, steps, layout, position, action, mask }: EpisodeBatch): SequenceBatch {
  const seen = new Int32Array(size * steps);
  const next = new Int32Array(size * steps);
  for (let i = 0; i < size; i++) {
    for (let t = 0; t < steps; t++) {
      seen[i * steps + t] = position[i * (steps + 1) + t];
      next[i * steps + t] = position[i * (steps + 1) + t + 1];
    }
  }
  return { batch: size, time: steps, indices: observeEpisodes(space, layout, seen, steps), actions: action, observations: next, mask };
}

/** The observations of a batch with the final one: [batch·(time + 1), slots]. */
export function withFinalObservation(
  space: GridObservation,
  { steps, layout, position }: Pick<EpisodeBatch, 'steps' | 'layout' | 'position'>,
): Int32Array {
  return observeEpisodes(space, layout, position, steps + 1);
}
