/** Some episodes of others. */
import type { Space, Values } from '@coxswain/base';
import type { Trajectories } from './trajectories.js';

const rows = <T extends Int16Array>(labels: T, episodes: ArrayLike<number>, horizon: number): Int16Array => {
  const out = new Int16Array(episodes.length * horizon);
  for (let i = 0; i < episodes.length; i++) out.set(labels.subarray(episodes[i] * horizon, (episodes[i] + 1) * horizon), i * horizon);
  return out;
};

/** Episodes of a set by their numbers in it, in that order: what they show is not copied. */
export function selectEpisodes<O extends Space, A extends Space>(of: Trajectories<O, A>, episodes: ArrayLike<number>): Trajectories<O, A> {
  const inner = (chosen: ArrayLike<number>): Uint32Array => Uint32Array.from(chosen, (i) => episodes[i]);
  const { observationSpace, actionSpace, horizon, event, goal } = of;
  return {
    ...{ observationSpace, actionSpace, horizon, count: episodes.length },
    length: Uint16Array.from(episodes, (episode) => of.length[episode]),
    observe: (chosen, steps, turned): Values<O> => of.observe(inner(chosen), steps, turned),
    actions: (chosen, steps, turned): Values<A> => of.actions(inner(chosen), steps, turned),
    ...(of.predicted && { predicted: (chosen, steps, turned) => of.predicted?.(inner(chosen), steps, turned) }),
    ...(event && { event: rows(event, episodes, horizon) }),
    ...(goal && { goal: rows(goal, episodes, horizon) }),
    ...(of.coordinates && { coordinates: (episode, steps) => of.coordinates?.(episodes[episode], steps) as readonly number[] }),
  };
}
