/** The learning rate over a run of known length. */
export interface RateSchedule {
  readonly learningRate: number;
  readonly steps: number;
  /** Steps over which it rises linearly from zero; none by default. */
  readonly warmup?: number;
  /** Share of the steps at the full rate, before it falls linearly; none by default. */
  readonly holdRate?: number;
  /** Share of the rate that is left at the last step. */
  readonly finalRate: number;
}

/** @param step from 0. */
export function rateAt({ learningRate, warmup = 0, steps, holdRate = 0, finalRate }: RateSchedule, step: number): number {
  const fall = holdRate >= 1 ? 1 : Math.max(finalRate, Math.min(1, (1 - step / steps) / (1 - holdRate)));
  return learningRate * Math.min(1, (step + 1) / Math.max(1, warmup)) * fall;
}
