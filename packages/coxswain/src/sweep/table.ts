/** The results of a sweep in one table. */
import { findRuns, formatNumber, line } from '@coxswain/lab';
import type { PlannedRun } from './plan.js';

export interface SweepRow {
  readonly run: string;
  readonly state: string;
  readonly result: string;
  readonly command: string;
}

/** What a finished run measured, in short: its success rates, else the numbers of its result. */
function resultOf({ folder }: PlannedRun): string {
  const [run] = findRuns(folder);
  if (!run) return '';
  const rates = run.rows.map(({ task, success }) => `${task} ${success.toFixed(4)}`);
  const numbers = Object.entries(run.measured).map(([name, value]) => `${name} ${formatNumber(value)}`);
  return (rates.length > 0 ? rates : numbers).join(', ');
}

/** One row a run, in the order of the plan. @param stateOf what became of it. */
export function sweepRows(plan: readonly PlannedRun[], stateOf: (run: PlannedRun) => string): SweepRow[] {
  return plan.map((run) => {
    const state = stateOf(run);
    return {
      run: run.name,
      state,
      result: state === 'finished' ? resultOf(run) : '',
      command: `coxswain ${run.args.join(' ')}`,
    };
  });
}

/** The rows as Markdown. */
export function sweepMarkdown(title: string, rows: readonly SweepRow[]): string {
  const lines = rows.map(({ run, state, result, command }) => line([run, state, result, `\`${command}\``]));
  return [`# ${title}`, '', '| Run | State | Result | Command |', '| --- | --- | --- | --- |', ...lines, ''].join('\n');
}
