/** Streams of a run's seed on the host beside the base's, 0: what is drawn for one use never moves another. */
export const RUN_STREAM = {
  controller: 1,
  policy: 2,
  supervised: 3,
  /** And those after it, one for each start after the first. */
  furtherStarts: 16,
  injectionAnalysis: 40,
  injection: 41,
  neighbours: 42,
  directions: 50,
} as const;
