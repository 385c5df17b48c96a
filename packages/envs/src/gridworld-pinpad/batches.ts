import { CounterRandom } from '@coxswain/base';
import { requireInteger } from '../errors.js';
import { WORLD_STREAM } from '../streams.js';
import type { Episodes } from './dataset.js';

/** `B` episodes cut to the longest of them, `T` steps. */
export type EpisodeBatch = {
  readonly size: number;
  /** T: the longest episode's steps, rounded up to `roundTo`. */
  readonly steps: number;
  /** `[B]` which episodes of the dataset. */
  readonly index: Uint32Array;
  /** `[B, cells]`. */
  readonly layout: Uint8Array;
  /** `[B, T+1]` cells, the final one included; after the end, the last one again. */
  readonly position: Int32Array;
  /** `[B, T]`. */
  readonly action: Int32Array;
  /** `[B, T]`. */
  readonly subgoal: Int32Array;
  /** `[B]` steps of each episode. Position `t` is real for `t ≤ length`. */
  readonly length: Uint32Array;
  /** `[B, T]` 1 where the step is real. */
  readonly mask: Float32Array;
};

export type BatchSettings = {
  /** B. */
  readonly size: number;
  readonly seed: number;
  /** Batches drawn together and sorted by length, so that little of a batch is padding. */
  readonly pool?: number;
  /** Batches' T is rounded up to a multiple of this (and at most the data's horizon), to keep the number of shapes small. */
  readonly roundTo?: number;
};

/**
 * Length-bucketed batches. Batch `i` is a function of the dataset, the settings and `i` alone, so a run that stopped after `i` batches goes
 * on with batch `i`: nothing has to be replayed or saved. Batches `8p … 8p+7` come from pool `p`: 8·B episodes drawn uniformly with
 * replacement, sorted by length and cut into 8, which are then taken in random order.
 */
export class LengthBuckets {
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
    readonly episodes: Episodes,
    { size, seed, pool = 8, roundTo = 1 }: BatchSettings,
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
  batch(step: number): EpisodeBatch {
    requireInteger('step', step, 0);
    const pool = Math.floor(step / this.pool);
    if (pool !== this.current) this.fill(pool);
    const from = this.order[step % this.pool] * this.size;
    return gatherEpisodes(this.episodes, this.sorted.subarray(from, from + this.size), this.roundTo);
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

/**
 * The episodes of the given numbers as a batch.
 * @param roundTo T becomes a multiple of this, as far as the data's horizon allows.
 */
export function gatherEpisodes(episodes: Episodes, index: ArrayLike<number>, roundTo = 1): EpisodeBatch {
  const { horizon, world } = episodes;
  const cells = world.size ** 2;
  const size = index.length;
  let longest = 1;
  for (let i = 0; i < size; i++) longest = Math.max(longest, episodes.length[index[i]]);
  const steps = Math.min(horizon, Math.ceil(longest / roundTo) * roundTo);
  const batch = {
    size,
    steps,
    index: Uint32Array.from(index),
    layout: new Uint8Array(size * cells),
    position: new Int32Array(size * (steps + 1)),
    action: new Int32Array(size * steps),
    subgoal: new Int32Array(size * steps),
    length: new Uint32Array(size),
    mask: new Float32Array(size * steps),
  };
  for (let i = 0; i < size; i++) {
    const e = index[i];
    batch.layout.set(episodes.layout.subarray(e * cells, (e + 1) * cells), i * cells);
    const positionAt = e * (horizon + 1);
    batch.position.set(episodes.position.subarray(positionAt, positionAt + steps + 1), i * (steps + 1));
    batch.action.set(episodes.action.subarray(e * horizon, e * horizon + steps), i * steps);
    batch.subgoal.set(episodes.subgoal.subarray(e * horizon, e * horizon + steps), i * steps);
    batch.length[i] = episodes.length[e];
    batch.mask.fill(1, i * steps, i * steps + episodes.length[e]);
  }
  return batch;
}
