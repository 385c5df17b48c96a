/** Timing contestants side by side. */
import type { Prepared, Times } from './contestant.js';
import { type Summary, summarise } from './summary.js';

export interface SamplePlan {
  readonly samples: number;
  /** A sample repeats the work until it lasts about this long, ms. */
  readonly sampleMs: number;
  /** No contestant is given longer than this in all, ms; it has fewer samples then, and its row says how many. */
  readonly budgetMs: number;
}

/** Summaries of one run's times. */
export interface Timing extends Summary {
  /** Milliseconds of all threads of the process. */
  readonly processor: Summary;
}

async function timeOf(prepared: Prepared, repeats: number): Promise<Times> {
  if (prepared.sample) return prepared.sample(repeats);
  const [from, used] = [performance.now(), process.cpuUsage()];
  for (let i = 0; i < repeats; i++) await prepared.run();
  await prepared.finish();
  const { user, system } = process.cpuUsage(used);
  return { wall: (performance.now() - from) / repeats, processor: (user + system) / 1000 / repeats };
}

/**
 * Milliseconds of one run, for each contestant. Samples take turns, so that whatever else the machine does
 * meets all of them alike.
 */
export async function sampleInTurns(contestants: readonly Prepared[], plan: SamplePlan): Promise<Timing[]> {
  const state = [];
  for (const prepared of contestants) {
    await timeOf(prepared, 1);
    const { wall: once } = await timeOf(prepared, 1);
    state.push({ prepared, repeats: Math.max(1, Math.round(plan.sampleMs / once)), spent: 0, times: [] as Times[] });
  }
  for (let sample = 0; sample < plan.samples; sample++) {
    for (const one of state) {
      if (one.spent > plan.budgetMs && one.times.length >= 3) continue;
      const time = await timeOf(one.prepared, one.repeats);
      one.times.push(time);
      one.spent += time.wall * one.repeats;
    }
  }
  const summaryOf = (times: readonly Times[], clock: keyof Times): Summary => summarise(times.map((time) => time[clock]));
  return state.map(({ times }) => ({ ...summaryOf(times, 'wall'), processor: summaryOf(times, 'processor') }));
}
