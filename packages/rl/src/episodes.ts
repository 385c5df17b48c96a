/** Batches of episodes, whole and in parts. */

/** A part of a batch, where several devices share it: how many of its episodes come before, and how many there are in all. */
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
  /** `[N·horizon]` actions taken, −1 after the end. */
  readonly action: Int32Array;
  /** `[N·horizon]` 1 where the switch opened (a code was chosen); all 0 without a switch. */
  readonly open: Uint8Array;
  /** `[N·horizon·slots]` observations acted upon, where `recordActions` is set; stale after the end. */
  readonly observation: Int32Array;
  /** Steps of all episodes together. */
  readonly steps: number;
};

/** What several devices played of one batch, in its order; the arrays are new. */
export function joined(parts: readonly Episodes[]): Episodes {
  const [first] = parts;
  if (parts.length === 1) return first;
  const all = <T extends Float32Array | Uint16Array | Int32Array | Uint8Array>(field: (part: Episodes) => T): T => {
    const arrays = parts.map(field);
    const whole = new (arrays[0].constructor as new (length: number) => T)(arrays.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const array of arrays) {
      whole.set(array, at);
      at += array.length;
    }
    return whole;
  };
  return {
    count: parts.reduce((sum, { count }) => sum + count, 0),
    horizon: first.horizon,
    reward: all(({ reward }) => reward),
    length: all(({ length }) => length),
    progress: all(({ progress }) => progress),
    action: all(({ action }) => action),
    open: all(({ open }) => open),
    observation: all(({ observation }) => observation),
    steps: parts.reduce((sum, { steps }) => sum + steps, 0),
  };
}
