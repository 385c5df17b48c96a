import { episodeMetrics, openings } from './metrics.js';
import type { Rollout } from './rollout.js';

export type Evaluation = {
  /** Episodes played: whole batches of the rollout. */
  readonly episodes: number;
  /**
   * Mean reward of an episode; where finishing the task is worth 1 and all else nothing, the share that finished it.
   */
  readonly success: number;
  /** Mean progress at the end of an episode. */
  readonly progress: number;
  /** Mean steps of an episode. */
  readonly length: number;
  /** Share of steps at which the switch opened, an episode's first aside. */
  readonly switchDensity: number;
  /** Steps for which a code was held, on average. */
  readonly segmentLength: number;
};

/**
 * Plays at least so many episodes without learning: any task, policy or controller that the rollout was made with.
 * @param firstBatch the first batch of the rollout's seed to play.
 */
export async function evaluate(rollout: Rollout, episodes: number, firstBatch = 0): Promise<Evaluation> {
  const totals = { episodes: 0, reward: 0, progress: 0, steps: 0, switches: 0, opened: 0 };
  for (let batch = firstBatch; totals.episodes < episodes; batch++) {
    const played = await rollout.run(batch);
    const metrics = episodeMetrics(played);
    const { count, steps, open } = played;
    totals.episodes += count;
    totals.reward += metrics.reward * count;
    totals.progress += metrics.progress * count;
    totals.steps += steps;
    const { opened, later } = openings(open, count);
    totals.opened += opened;
    totals.switches += later;
  }
  const { episodes: n, reward, progress, steps, switches, opened } = totals;
  return {
    episodes: n,
    success: reward / n,
    progress: progress / n,
    length: steps / n,
    switchDensity: switches / Math.max(1, steps - n),
    segmentLength: opened ? steps / opened : 0,
  };
}
