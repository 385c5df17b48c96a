/** Batches of episodes, whole and in parts. */
import type { LeafValues } from '@coxswain/base';

/**
 * A part of a batch, where several devices share it: how many of its episodes come before, and how many there are in
 * all.
 */
export type BatchPart = { readonly before: number; readonly of: number };

/** What N episodes did. The arrays belong to the rollout and are overwritten by the next one. */
export type Episodes = {
  /** N. */
  readonly count: number;
  readonly horizon: number;
  /** `[N]` rewards summed over the episode. */
  readonly reward: Float32Array;
  /** `[N]` steps until it ended. */
  readonly length: Uint16Array;
  /** `[N]` progress at its end, 0 where the environment tells none. */
  readonly progress: Float32Array;
  /** Of N·horizon: actions taken, an array for each leaf of the action space; after the end −1, or 0 in boxes. */
  readonly action: readonly LeafValues[];
  /** `[N·horizon]` 1 where the switch opened (a code was chosen); all 0 without a switch. */
  readonly open: Uint8Array;
  /**
   * Of N·horizon: observations acted upon, an array for each leaf, where `recordActions` is set, else none; stale after
   * the end.
   */
  readonly observation: readonly LeafValues[];
  /** Steps of all episodes together. */
  readonly steps: number;
};

/** What several devices played of one batch, in its order; the arrays are new. */
export function joined(parts: readonly Episodes[]): Episodes {
  const [first] = parts;
  if (parts.length === 1) return first;
  type Numbers = LeafValues | Uint16Array;
  const whole = <T extends Numbers>(arrays: readonly T[]): T => {
    const out = new (arrays[0].constructor as new (length: number) => T)(arrays.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const array of arrays) {
      out.set(array, at);
      at += array.length;
    }
    return out;
  };
  const all = <T extends Numbers>(field: (part: Episodes) => T): T => whole(parts.map(field));
  const leaves = (field: (part: Episodes) => readonly LeafValues[]): LeafValues[] =>
    field(first).map((_, i) => whole(parts.map((part) => field(part)[i])));
  return {
    count: parts.reduce((sum, { count }) => sum + count, 0),
    horizon: first.horizon,
    reward: all(({ reward }) => reward),
    length: all(({ length }) => length),
    progress: all(({ progress }) => progress),
    action: leaves(({ action }) => action),
    open: all(({ open }) => open),
    observation: leaves(({ observation }) => observation),
    steps: parts.reduce((sum, { steps }) => sum + steps, 0),
  };
}
