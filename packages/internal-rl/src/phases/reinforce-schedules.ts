/** What changes over a run of RL. */
import type { Config } from '@coxswain/lab';

/**
 * How far the schedules of rate and exploration have come, from 0 at the first update to 1 at the last. They wait while
 * no episode succeeds: then nothing is learned, and narrowing would make the first success rarer still. What is left of
 * them is shared out over the updates that are left.
 * @param done updates so far, those without signal included.
 */
export function progressOf(updates: number, done: number, withoutSignal: number): number {
  return Math.min(1, (done - withoutSignal) / Math.max(1, updates - 1 - withoutSignal));
}

/** Linear from the full rate to `finalRate` of it. */
export function reinforceRate({ learningRate, finalRate }: Config['internal' | 'raw'], progress: number): number {
  return learningRate * (1 - (1 - finalRate) * progress);
}

/** Geometric from all of it to `finalExploration`. */
export function explorationAt({ finalExploration }: Config['internal'], progress: number): number {
  return finalExploration ** progress;
}
