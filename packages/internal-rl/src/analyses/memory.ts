/** Memory beyond the window of attention: what is reached when the model sees the last steps only (`model.window`). */

import {
  BASE_INPUT,
  chartOf,
  formatNumber,
  lastValue,
  type ResultRow,
  rowsOf,
  type StoredRun,
  type Summary,
  shown,
  tableOf,
  UsageError,
} from '@coxswain/lab';
import { group, median } from 'd3-array';
import { METRICS } from '../metrics.js';
import { methodLabel } from '../report/method-names.js';

interface Measure {
  readonly window: number;
  readonly what: string;
  readonly value: number;
}

const BEHAVIOUR = 'Base alone: transitions obeyed';

/** The window of a run's model; 0 sees everything, as a model does that has none. */
const windowOf = ({ config: { config } }: StoredRun): number => Number(config.model?.window ?? 0);

/**
 * Only the like is compared: methods by the task that was learned, the one it was measured on, and episodes of
 * training.
 */
function whatOf(row: ResultRow, { config }: StoredRun): string {
  const learned = row.method === 'supervised' ? row.task : (row.learned ?? config.config.reinforce?.task ?? row.task);
  const training = row.episodes > 0 ? ` after ${formatNumber(row.episodes)} episodes` : '';
  return `${methodLabel(row)}${learned === row.task ? '' : ` that learned ${learned}`}, on ${row.task}${training}`;
}

function measuresOf(run: StoredRun): Measure[] {
  const window = windowOf(run);
  const obeyed = run.config.phase === BASE_INPUT.phase ? lastValue(run, METRICS.obeyed) : null;
  const rows = run.rows.map((row) => ({ window, what: whatOf(row, run), value: row.success }));
  return obeyed === null ? rows : [{ window, what: BEHAVIOUR, value: obeyed }, ...rows];
}

export const memorySummary: Summary = {
  name: 'memory',
  about: 'What a plan that is held adds to a model that sees the last steps only: success by window of attention.',
  answer: (found) =>
    rowsOf(found).map(({ What, ...row }) => {
      const values = Object.entries(row).filter(([label]) => label !== 'runs');
      return `${What}: ${values.map(([label, value]) => `${shown(value)} with ${label}`).join(', ')}.`;
    }),
  run(runs) {
    const measures = runs.flatMap(measuresOf);
    const windows = [...new Set(measures.map(({ window }) => window))].sort(
      (a, b) => (a || Number.MAX_SAFE_INTEGER) - (b || Number.MAX_SAFE_INTEGER),
    );
    if (windows.length < 2)
      throw new UsageError(
        '--runs',
        `runs with ${windows.length === 0 ? 'no model' : `one window of attention (${windows[0] || 'all steps'})`}`,
        'runs with at least two',
        'Train a base with --set model.window=N and go on with it.',
      );
    const cells = group(
      measures,
      ({ what }) => what,
      ({ window }) => window,
    );
    // What was measured with one window alone is compared with nothing.
    const whats = [...cells].flatMap(([what, own]) => (own.size > 1 ? [what] : [])).sort();
    const valueAt = (what: string, window: number): number | null =>
      median(cells.get(what)?.get(window) ?? [], ({ value }) => value) ?? null;
    const seedsAt = (what: string, window: number): number => cells.get(what)?.get(window)?.length ?? 0;
    const name = (window: number): string => (window === 0 ? 'all steps' : `${window} steps`);
    const curves = whats.map(
      (what) =>
        [
          what,
          windows.flatMap((window, i) => (valueAt(what, window) === null ? [] : [[i, valueAt(what, window) as number] as const])),
        ] as const,
    );
    return {
      title: 'Memory beyond the window',
      about: `Bases whose attention sees the last steps only. The metacontroller’s history and the policy’s are recurrent, and a code is held: they are not bound by the window. Medians over runs; places along the axis: ${windows.map((window, i) => `${i} is ${name(window)}`).join(', ')}.`,
      paper:
        'That temporal abstraction carries plans beyond what the sequence model attends to is claimed of the method; the paper measures nothing of the kind.',
      charts: [chartOf('By window', 'Share of episodes.', 'window', curves)],
      tables: [
        tableOf(
          'Success by window',
          'Median, and how many runs.',
          ['What', ...windows.flatMap((window) => [name(window), 'runs'])],
          whats.map((what) => [what, ...windows.flatMap((window) => [valueAt(what, window), seedsAt(what, window)])]),
        ),
      ],
    };
  },
};
