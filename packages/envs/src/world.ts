/** Worlds that rollouts can play, in Gymnasium's words for a vector environment. */
import type { Space, Values } from '@coxswain/base';

export interface StepInfo {
  /** `[N]` how much of the task is done; for metrics only. */
  readonly progress?: ArrayLike<number>;
  /** `[N]` what the step just taken reached, an index into the world's events; −1 for nothing. For measures only. */
  readonly event?: ArrayLike<number>;
  /** `[N]` where it is, in worlds of places that can be numbered. For measures only. */
  readonly place?: ArrayLike<number>;
}

export interface Reset<O extends Space = Space> {
  /** Of each of the N, one after the other, as the observation space says. */
  readonly observation: Values<O>;
  readonly info: StepInfo;
}

export interface Step<O extends Space = Space> extends Reset<O> {
  /** `[N]` reward of this step; 0 once an episode is over. */
  readonly reward: ArrayLike<number>;
  /** `[N]` 1 from the step on that ended the episode. */
  readonly terminated: ArrayLike<number>;
  /** `[N]` 1 from the step on at which the horizon cut it. */
  readonly truncated: ArrayLike<number>;
}

/**
 * N environments stepped together, without autoreset: one whose episode is over ignores its actions until the next
 * `reset`. What an episode is like depends on its seed and number alone, so that a run can be resumed and repeated.
 * Arrays that it gives may be overwritten by the next call.
 */
export interface World<O extends Space = Space, A extends Space = Space> {
  /** What errors call it; the name of its class when absent. */
  readonly name?: string;
  /** N. */
  readonly environments: number;
  /** T: steps after which an episode is truncated. */
  readonly horizon: number;
  readonly observationSpace: O;
  readonly actionSpace: A;
  /** Environment `j` plays episode `firstEpisode + j` of the seed. */
  reset(seed: number, options: { readonly firstEpisode: number }): Reset<O>;
  step(actions: Values<A>): Step<O>;
  /** All that the rest of an episode depends on besides its actions: restored, it goes on bit for bit. */
  snapshot?(environment: number): Uint8Array;
  /**
   * Puts a state into as many environments as wanted: a fork. Their counts of steps, flags and progress are the
   * state's.
   * @returns what all N show now.
   */
  restore?(state: Uint8Array, environments: ArrayLike<number>): Reset<O>;
}
