/** Success rates as reports tell them: each with its run, its kind and the episodes that it is a share of. */
import { type ResultRow, type StoredRun, sortRows } from '@coxswain/lab';
import { group } from 'd3-array';
import { methodLabel } from './method-names.js';
import { kindsOf } from './pooled.js';

/**
 * A row with how it came about; `learned` is the task of its run, which labelled controllers learn no more than any
 * other. `again`: it was measured by `coxswain evaluate`, and may stand beside what the policy's own run measured.
 */
export type MeasuredRow = Omit<ResultRow, 'learned'> & {
  readonly run: string;
  readonly label: string;
  readonly command: string;
  readonly learned: string;
  readonly again: boolean;
};

/** All rows of these runs. */
export function measuredRows(runs: readonly StoredRun[]): MeasuredRow[] {
  const kinds = kindsOf(runs);
  return runs.flatMap((run) =>
    run.rows.map((row, i): MeasuredRow => {
      // Runs from before rows said it have it beside them, of the task that they learned.
      const sampled = row.sampled ?? (i === 0 ? run.measured.evaluationEpisodes : undefined);
      return {
        ...row,
        ...(sampled === undefined ? {} : { sampled }),
        run: run.name,
        label: methodLabel(row, kinds.get(run)),
        command: run.config.command,
        learned: row.learned ?? run.config.config.reinforce?.task ?? row.task,
        again: run.config.phase === 'evaluate',
      };
    }),
  );
}

/** Whether it is of another task than the one that was rewarded. */
export const carriedOver = ({ method, task, learned }: MeasuredRow): boolean => method !== 'supervised' && task !== learned;

/** One row a policy and task: what was measured again counts where the policy's own run is not there. */
export function onePerPolicy(rows: readonly MeasuredRow[]): MeasuredRow[] {
  const keyOf = ({ method, view, baseSeed, controllerSeed, rlSeed, task, learned, episodes }: MeasuredRow): string =>
    JSON.stringify([method, view, baseSeed, controllerSeed, rlSeed, task, learned, episodes]);
  const own = new Set(rows.filter(({ again }) => !again).map(keyOf));
  return rows.filter((row, i) => !row.again || (!own.has(keyOf(row)) && rows.findIndex((other) => keyOf(other) === keyOf(row)) === i));
}

/** Rows that are one kind of run: those that a median may be taken over. */
export const alike = (rows: readonly MeasuredRow[]): MeasuredRow[][] => [
  ...group(sortRows(rows), ({ label, learned, task, episodes }) => JSON.stringify([label, learned, task, episodes])).values(),
];
