/** Timing contestants side by side. */
import type { Prepared } from './contestant.js';
import { type Summary, summarise } from './summary.js';

export interface SamplePlan {
  readonly samples: number;
  /** A sample repeats the work until it lasts about this long, ms. */
  readonly sampleMs: number;
  /** No contestant is given longer than this in all, ms; it has fewer samples then, and its row says how many. */
  readonly budgetMs: number;
}

async function timeOf(prepared: Prepared, repeats: number): Promise<number> {
  if (prepared.sample) return prepared.sample(repeats);
  const from = performance.now();
  for (let i = 0; i < repeats; i++) await prepared.run();
  await prepared.finish();
  return (performance.now() - from) / repeats;
}

/**
 * Milliseconds of one run by the wall clock, for each contestant. Samples take turns, so that whatever else the machine does
 * meets all of them alike.
 */
export async function sampleInTurns(contestants: readonly Prepared[], plan: SamplePlan): Promise<Summary[]> {
  const state = [];
  for (const prepared of contestants) {
    await timeOf(prepared, 1);
    const once = await timeOf(prepared, 1);
    state.push({ prepared, repeats: Math.max(1, Math.round(plan.sampleMs / once)), spent: 0, times: [] as number[] });
  }
  for (let sample = 0; sample < plan.samples; sample++) {
    for (const one of state) {
      if (one.spent > plan.budgetMs && one.times.length >= 3) continue;
      const time = await timeOf(one.prepared, one.repeats);
      one.times.push(time);
      one.spent += time * one.repeats;
    }
  }
  return state.map(({ times }) => summarise(times));
}
