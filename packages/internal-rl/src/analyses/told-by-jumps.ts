/** How well jumps tell events that only labels know. */
import { NoMomentsError } from '@coxswain/lab';
import { momentThreshold, type RuleSettings } from '../moments/moment-rule.js';

/**
 * Area under the curve of hits against false alarms: the chance that an event's value is above another step's, ties by
 * half.
 * @returns NaN where all are events, or none.
 */
export function areaUnderCurve(values: ArrayLike<number>, events: readonly boolean[]): number {
  const order = [...events.keys()].sort((a, b) => values[a] - values[b]);
  let [ranks, count] = [0, 0];
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && values[order[to]] === values[order[from]]) to++;
    // Equal values share the mean of their ranks.
    for (let i = from; i < to; i++) {
      if (!events[order[i]]) continue;
      ranks += (from + to + 1) / 2;
      count++;
    }
    from = to;
  }
  return (ranks - (count * (count + 1)) / 2) / (count * (order.length - count));
}

export interface Told {
  readonly area: number;
  /** Of the moments that the rule shows; null where it finds none to show. */
  readonly share: number | null;
  readonly precision: number | null;
  readonly recall: number | null;
}

/**
 * Where the moments begin that the rule shows; undefined where it finds none to show.
 * @param all the jumps that it reads.
 */
export function thresholdOf(all: Float32Array, rule: RuleSettings): number | undefined {
  try {
    return momentThreshold(all, rule).threshold;
  } catch (error) {
    if (error instanceof NoMomentsError) return undefined;
    throw error;
  }
}

/**
 * @param jumps of the steps that count.
 * @param events which of them are one.
 * @param threshold of `thresholdOf`.
 */
export function toldBy(jumps: readonly number[], events: readonly boolean[], threshold: number | undefined): Told {
  const area = areaUnderCurve(jumps, events);
  if (threshold === undefined) return { area, share: null, precision: null, recall: null };
  const shown = jumps.map((jump) => jump >= threshold);
  const hits = shown.filter((is, i) => is && events[i]).length;
  const [moments, asked] = [shown, events].map((of) => of.filter(Boolean).length);
  return { area, share: moments / jumps.length, precision: hits / Math.max(1, moments), recall: hits / Math.max(1, asked) };
}
