/** Batches played again from their actions, to see what a rollout does not keep. */
import { arraysOf, fromLeaves, type LeafValues, leafArray, leafArrays, leafSize, leavesOf, type Space } from '@coxswain/base';
import type { World } from '@coxswain/envs';
import type { Episodes } from '@coxswain/rl';

/** What all episodes of a batch did at step `t`; 0 where they are over. */
export function actionsAt(space: Space, action: readonly LeafValues[], horizon: number, t: number): LeafValues[] {
  return leavesOf(space).map(({ space: leaf }, i) => {
    const size = leafSize(leaf);
    const count = action[i].length / (horizon * size);
    const out = leafArray(leaf, count);
    for (let n = 0; n < count; n++) out.set(action[i].subarray((n * horizon + t) * size, (n * horizon + t + 1) * size), n * size);
    return leaf.kind === 'discrete' ? (out as Int32Array).map((one) => Math.max(0, one)) : out;
  });
}

/** A batch as the world went through it. */
export interface Replayed {
  /** `[N, T+1]`, an array for each leaf of the observation space; after an episode's end, its last one again. */
  readonly observation: readonly LeafValues[];
  /** `[N, T]` what each step reached, −1 for nothing and after the end. */
  readonly event: Int16Array;
}

/** @param environment as many of them as episodes were played. */
export function replay(
  environment: World,
  again: { readonly seed: number; readonly batch: number },
  { action, length, horizon }: Episodes,
): Replayed {
  const { environments: count, observationSpace, actionSpace } = environment;
  const leaves = leavesOf(observationSpace).map(({ space }) => space);
  const observation = leafArrays(observationSpace, count * (horizon + 1));
  const event = new Int16Array(count * horizon).fill(-1);
  const keep = (values: unknown, t: number): void => {
    const now = arraysOf(observationSpace, values);
    for (const [i, leaf] of leaves.entries()) {
      const size = leafSize(leaf);
      for (let n = 0; n < count; n++) observation[i].set(now[i].subarray(n * size, (n + 1) * size), (n * (horizon + 1) + t) * size);
    }
  };
  keep(environment.reset(again.seed, { firstEpisode: again.batch * count }).observation, 0);
  for (let t = 0; t < horizon; t++) {
    const step = environment.step(fromLeaves(actionSpace, actionsAt(actionSpace, action, horizon, t)));
    keep(step.observation, t + 1);
    for (let n = 0; n < count; n++) if (t < length[n]) event[n * horizon + t] = step.info.event?.[n] ?? -1;
  }
  return { observation, event };
}
