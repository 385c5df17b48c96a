import type { Space, Values } from '@coxswain/base';

/** What a generator of shares gives in the end, for who has nothing else to do in between. */
export function resultOf<T>(shares: Generator<unknown, T>): T {
  for (;;) {
    const { done, value } = shares.next();
    if (done) return value as T;
  }
}

/**
 * Recorded episodes, N of them, as a model and a metacontroller are trained on: what was seen, what was done, and
 * labels for measures.
 */
export interface Trajectories<O extends Space = Space, A extends Space = Space> {
  readonly observationSpace: O;
  readonly actionSpace: A;
  /** N. */
  readonly count: number;
  /** T: steps of the longest that could be. */
  readonly horizon: number;
  /** `[N]` steps of each. */
  readonly length: Uint16Array;
  /**
   * What these episodes showed, before the first step and after each of `steps`; after an episode's end, its last
   * observation again.
   * @param turned `[B]` symmetry of the world that each is seen under, see `WorldDefinition.symmetries`; as it was
   * when absent.
   * @returns values of `[B·(steps + 1)]`.
   */
  observe(episodes: ArrayLike<number>, steps: number, turned?: ArrayLike<number>): Values<O>;
  /** What was done, values of `[B·steps]`; after an episode's end, zeros. @param turned as of `observe`. */
  actions(episodes: ArrayLike<number>, steps: number, turned?: ArrayLike<number>): Values<A>;
  /** What followed each step, values of `[B·steps]` of `WorldSpaces.predicted`; absent where a world declares none. */
  predicted?(episodes: ArrayLike<number>, steps: number, turned?: ArrayLike<number>): unknown;
  /**
   * `[N·T]` what each step reached, −1 for nothing: a label for measures, and for views that are shown such moments.
   * Absent where none is known.
   */
  readonly event?: Int16Array;
  /** `[N·T]` the event under way at each step, 0 after the end: a label for probes, never shown to a model. */
  readonly goal?: Int16Array;
  /** Where episode `episode` was after `steps` steps, as coordinates; for measures, in worlds of places. */
  coordinates?(episode: number, steps: number): readonly number[];
  /** Mean −log probability (or density) of an action by an expert who knows the goal: a reference for a model's. */
  readonly expertNll?: number;
}
