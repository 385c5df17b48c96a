import { type BatchSettings, LengthBatches, longestOf } from '../batches.js';
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

/** `LengthBatches` of grid episodes. */
export class LengthBuckets extends LengthBatches<EpisodeBatch> {
  constructor(episodes: Episodes, settings: BatchSettings) {
    super(episodes, settings, (index, roundTo) => gatherEpisodes(episodes, index, roundTo));
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
  const steps = longestOf(episodes, index, roundTo);
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
