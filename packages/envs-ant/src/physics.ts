/** What moves bodies. */
export interface Physics {
  /**
   * Moves bodies by one action each. A body's next state depends on its own numbers alone.
   * @param from `[n]` states of `STATE` numbers, left as they are.
   * @param torques `[n]` lists of `MOTORS` numbers from −1 to 1.
   * @param to `[n, STATE]` the states that follow.
   * @throws AntError `worker-died`, `bad-model`; then nothing of `to` counts.
   */
  advance(from: readonly Float64Array[], torques: readonly ArrayLike<number>[], to: Float64Array): void;
}
