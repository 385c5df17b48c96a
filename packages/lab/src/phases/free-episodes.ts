/** What the base does when nobody asks for anything, as episodes like demonstrations: it plays by itself in worlds without a task. */
import { type Episodes, GridworldPinpad } from '@coxswain/envs';
import { Rollout } from '@coxswain/rl';
import type { Config } from '../config.js';
import type { Base } from './base.js';
import { replay } from './play.js';
import { WORLD_SEED, worldOf } from './world.js';

/** In place of a subgoal: no colour is touched any more before the end. */
export const NOTHING_AHEAD = 255;

/**
 * A step's subgoal is the colour touched next, which is a label and only for measures.
 * @param lengths where each is cut, in turns: what encodes episodes knows demonstrations, and longer ones are strange to it.
 * @param temperature of the base's actions.
 */
export async function freeEpisodes(
  base: Base,
  config: Config,
  seed: number,
  count: number,
  lengths: ArrayLike<number>,
  temperature: number,
): Promise<Episodes> {
  const { horizon } = config.world;
  const world = worldOf(config);
  const environment = new GridworldPinpad({ world, tasks: 'free', horizon, environments: count, observation: base.space });
  const own = WORLD_SEED.unconditioned + seed;
  const rollout = new Rollout({ model: base.model, environment, seed: own, temperature, rowCounts: [count] });
  const played = await rollout.run(0);
  const episodes: Episodes = {
    world,
    count,
    horizon,
    layout: new Uint8Array(count * world.size ** 2),
    position: new Uint16Array(count * (horizon + 1)),
    action: Uint8Array.from(played.action),
    subgoal: new Uint8Array(count * horizon).fill(NOTHING_AHEAD),
    length: Uint16Array.from({ length: count }, (_, i) => lengths[i % lengths.length]),
    task: new Uint16Array(count),
  };
  for (const [i, { layout, path, visited }] of replay(environment, { seed: own, batch: 0 }, played).entries()) {
    episodes.layout.set(layout, i * layout.length);
    episodes.position.set(path, i * (horizon + 1));
    const { [i]: end } = episodes.length;
    episodes.position.fill(path[end], i * (horizon + 1) + end + 1, (i + 1) * (horizon + 1));
    episodes.action.fill(0, i * horizon + end, (i + 1) * horizon);
    let ahead = NOTHING_AHEAD;
    for (let t = end - 1; t >= 0; t--) {
      if (visited[t] >= 0) ahead = visited[t];
      episodes.subgoal[i * horizon + t] = ahead;
    }
  }
  rollout.dispose();
  return episodes;
}
