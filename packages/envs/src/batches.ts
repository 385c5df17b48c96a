/** Batches of recorded episodes, bucketed by length. */
import { CounterRandom } from '@coxswain/base';
import { requireInteger } from './errors.js';
import { WORLD_STREAM } from './streams.js';
import type { Trajectories } from './trajectories.js';

/** How long the episodes of a set are. */
export interface Lengths {
  readonly count: number;
  readonly horizon: number;
  readonly length: ArrayLike<number>;
}

export type BatchSettings = {
  /** B. */
  readonly size: number;
  readonly seed: number;
  /** Batches drawn together and sorted by length, so that little of a batch is padding. */
  readonly pool?: number;
  /**
   * Batches' T is rounded up to a multiple of this (and at most the data's horizon), to keep the number of shapes
   * small.
   */
  readonly roundTo?: number;
};

/**
 * Length-bucketed batches. Batch `i` is a function of the dataset, the settings and `i` alone, so a run that stopped
 * after `i` batches goes on with batch `i`: nothing has to be replayed or saved. Batches `8p … 8p+7` come from pool
 * `p`: 8·B episodes drawn uniformly with replacement, sorted by length and cut into 8, which are then taken in random
 * order.
 */
export class LengthBatches<Batch> {
  readonly size: number;
  private readonly pool: number;
  private readonly roundTo: number;
  private readonly random: CounterRandom;
  private readonly drawn: Uint32Array;
  private readonly order: Uint32Array;
  private readonly sorted: Uint32Array;
  private current = -1;

  /** @throws EnvError where a setting cannot be. */
  constructor(
    readonly episodes: Lengths,
    { size, seed, pool = 8, roundTo = 1 }: BatchSettings,
    private readonly gather: (index: Uint32Array, roundTo: number) => Batch,
  ) {
    requireInteger('size', size, 1);
    requireInteger('pool', pool, 1);
    requireInteger('roundTo', roundTo, 1);
    this.size = size;
    this.pool = pool;
    this.roundTo = roundTo;
    this.random = new CounterRandom(seed);
    this.drawn = new Uint32Array(size * pool);
    this.sorted = new Uint32Array(size * pool);
    this.order = new Uint32Array(pool);
  }

  /** Batch `step` (from 0), in arrays of its own. */
  batch(step: number): Batch {
    requireInteger('step', step, 0);
    const pool = Math.floor(step / this.pool);
    if (pool !== this.current) this.fill(pool);
    const from = this.order[step % this.pool] * this.size;
    return this.gather(this.sorted.subarray(from, from + this.size), this.roundTo);
  }

  private fill(pool: number): void {
    const { drawn, sorted, random } = this;
    const { count, horizon, length } = this.episodes;
    random.seek(WORLD_STREAM.batch, pool);
    // A counting sort by length: stable, so ties keep the order in which they were drawn.
    const start = new Uint32Array(horizon + 2);
    for (let i = 0; i < drawn.length; i++) {
      drawn[i] = random.below(count);
      start[length[drawn[i]] + 1]++;
    }
    for (let steps = 0; steps <= horizon; steps++) start[steps + 1] += start[steps];
    for (const index of drawn) sorted[start[length[index]]++] = index;
    for (let i = 0; i < this.pool; i++) this.order[i] = i;
    random.shuffle(this.order);
    this.current = pool;
  }
}

/** `B` episodes of a set, to be cut to the longest of them. */
export interface TrajectoryBatch {
  readonly trajectories: Trajectories;
  readonly size: number;
  /** T: the longest episode's steps, rounded up to `roundTo`. */
  readonly steps: number;
  /** `[B]` which episodes of the set. */
  readonly index: Uint32Array;
  /** `[B]` steps of each episode. */
  readonly length: Uint32Array;
  /** `[B, T]` 1 where the step is real. */
  readonly mask: Float32Array;
}

/**
 * Steps of a batch of these episodes: the longest one's, a multiple of `roundTo` as far as the set's horizon allows.
 */
export function longestOf({ horizon, length }: Lengths, index: ArrayLike<number>, roundTo = 1): number {
  let longest = 1;
  for (let i = 0; i < index.length; i++) longest = Math.max(longest, length[index[i]]);
  return Math.min(horizon, Math.ceil(longest / roundTo) * roundTo);
}

/** The episodes of the given numbers as a batch. */
export function gather(trajectories: Trajectories, index: ArrayLike<number>, roundTo = 1): TrajectoryBatch {
  const size = index.length;
  const steps = longestOf(trajectories, index, roundTo);
  const mask = new Float32Array(size * steps);
  const length = Uint32Array.from(index, (episode) => trajectories.length[episode]);
  for (let i = 0; i < size; i++) mask.fill(1, i * steps, i * steps + length[i]);
  return { trajectories, size, steps, index: Uint32Array.from(index), length, mask };
}

/** Length-bucketed batches of a set of episodes. @throws EnvError where a setting cannot be. */
export const batchesOf = (trajectories: Trajectories, settings: BatchSettings): LengthBatches<TrajectoryBatch> =>
  new LengthBatches(trajectories, settings, (index, roundTo) => gather(trajectories, index, roundTo));

/** `[B, T]` labels of a batch's steps from `[N, T]` of its set, `none` after an episode's end. */
export function labelsOf({ trajectories, size, steps, index, length }: TrajectoryBatch, labels: Int16Array, none = 0): Int16Array {
  const out = new Int16Array(size * steps).fill(none);
  for (let i = 0; i < size; i++) {
    const from = index[i] * trajectories.horizon;
    out.set(labels.subarray(from, from + Math.min(steps, length[i])), i * steps);
  }
  return out;
}

/** The first `count` of a set, or all of a smaller one. */
export function firstOf(set: Trajectories, count: number): Trajectories {
  const few = Math.min(count, set.count);
  const { observationSpace, actionSpace, horizon, event, goal, expertNll } = set;
  return {
    ...{ observationSpace, actionSpace, horizon, count: few, length: set.length.subarray(0, few) },
    observe: (...how) => set.observe(...how),
    actions: (...how) => set.actions(...how),
    ...(set.predicted && { predicted: (...how) => set.predicted?.(...how) }),
    ...(set.coordinates && { coordinates: (episode, steps) => set.coordinates?.(episode, steps) ?? [] }),
    ...(event && { event }),
    ...(goal && { goal }),
    ...(expertNll !== undefined && { expertNll }),
  };
}
