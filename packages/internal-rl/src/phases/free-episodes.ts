/**
 * What the base does when nobody asks for anything, as episodes like demonstrations: it plays by itself in worlds
 * without a task.
 */
import { RecordedTrajectories, type Recording, type Trajectories } from '@coxswain/envs';
import { type Base, type Config, WORLD_SEED } from '@coxswain/lab';
import { Rollout } from '@coxswain/rl';
import { replay } from './replay.js';

/** In place of a subgoal: nothing is reached any more before the end. */
export const NOTHING_AHEAD = 255;

/**
 * A step's subgoal is what is reached next, which is a label and only for measures.
 * @param lengths where each is cut, in turns: what encodes episodes knows demonstrations, and longer ones are strange
 * to it.
 * @param temperature of the base's actions.
 */
export async function freeEpisodes(
  base: Base,
  config: Config,
  seed: number,
  count: number,
  lengths: ArrayLike<number>,
  temperature: number,
): Promise<Trajectories> {
  const { horizon } = config.world;
  const { definition, settings, spaces, open } = base.world;
  const environment = open('free', horizon, count);
  const own = WORLD_SEED.unconditioned + seed;
  const rollout = new Rollout({ model: base.model, environment, seed: own, temperature, rowCounts: [count] });
  const played = await rollout.run(0);
  const { observation, event } = replay(environment, { seed: own, batch: 0 }, played);
  const length = Uint16Array.from({ length: count }, (_, i) => lengths[i % lengths.length]);
  const recording: Recording = { count, horizon, length, observation, action: played.action, event, goal: aheadOf(event, length, horizon) };
  rollout.dispose();
  return definition.played?.(settings, recording) ?? new RecordedTrajectories(recording, spaces, definition.views?.(settings));
}

/** `[N, T]` what is reached next, from each step on. */
function aheadOf(event: Int16Array, length: Uint16Array, horizon: number): Int16Array {
  const goal = new Int16Array(event.length).fill(NOTHING_AHEAD);
  for (const [i, end] of length.entries()) {
    let ahead = NOTHING_AHEAD;
    for (let t = end - 1; t >= 0; t--) {
      const at = i * horizon + t;
      if (event[at] >= 0) ahead = event[at];
      goal[at] = ahead;
    }
  }
  return goal;
}
