/** Environments that rollouts can play: Gymnasium's words for a vector environment, as `GridworldPinpad` has them. */

export type StepInfo = {
  /** `[N]` how much of the task is done; for metrics only. */
  readonly progress?: ArrayLike<number>;
};

export type Reset = {
  /** `[N, slots]` rows of the model's observation embedding, −1 for none. */
  readonly observation: Int32Array;
  readonly info: StepInfo;
};

export type Step = Reset & {
  /** `[N]` reward of this step; 0 once an episode is over. */
  readonly reward: ArrayLike<number>;
  /** `[N]` 1 from the step on that ended the episode. */
  readonly terminated: ArrayLike<number>;
  /** `[N]` 1 from the step on at which the horizon cut it. */
  readonly truncated: ArrayLike<number>;
};

/**
 * N environments stepped together, without autoreset: one whose episode is over ignores its actions until the next `reset`. What an
 * episode is like depends on its seed and number alone, so that a run can be resumed and repeated. What it gives is checked as it plays (`WorldError`).
 */
export type VectorEnvironment = {
  /** What errors call it; the name of its class when absent. */
  readonly name?: string;
  /** N. */
  readonly environments: number;
  /** T: steps after which an episode is truncated. */
  readonly horizon: number;
  readonly observationSpace: { readonly slots: number };
  /** Environment `j` plays episode `firstEpisode + j` of the seed. */
  reset(seed: number, options: { readonly firstEpisode: number }): Reset;
  step(actions: ArrayLike<number>): Step;
};
