/** Parts of what an analysis leaves, and its files in a run folder. */
import type { Findings, ReportTable, TrainingChart } from '../report/data.js';
import { share } from '../report/format.js';

/** What it leaves in numbers, and drawn. */
export const FINDINGS_FILE = 'analysis.json';
export const FIGURE_FILE = 'figure.svg';

export const column = (label: string, numeric = true): ReportTable['columns'][number] => ({ label, numeric });

/** A table whose first `texts` columns hold words. */
export function tableOf(title: string, about: string, labels: readonly string[], rows: ReportTable['rows'], texts = 1): ReportTable {
  return { title, about, columns: labels.map((label, index) => column(label, index >= texts)), rows };
}

/** A chart of lines; `y` beside each `x`. */
export function chartOf(
  title: string,
  about: string,
  xLabel: string,
  curves: readonly (readonly [label: string, points: readonly (readonly [x: number, y: number])[]])[],
  references: TrainingChart['references'] = [],
): TrainingChart {
  return {
    title,
    about,
    xLabel,
    curves: curves.map(([label, points]) => ({ label, points: points.map(([x, y]) => ({ x, y })) })),
    references,
  };
}

/** A row of a table, by the names of its columns. */
export type Row = Readonly<Record<string, string | number | null>>;

/** The rows of what an analysis left; of its first table where no other is named. */
export function rowsOf({ tables }: Findings, table = 0): readonly Row[] {
  const { columns, rows } = tables[table];
  return rows.map((row) => Object.fromEntries(columns.map(({ label }, i) => [label, row[i]])));
}

/** The row with the highest value of a column; those without one are left out. */
export function highest(rows: readonly Row[], label: string): Row | undefined {
  const known = rows.filter((row) => typeof row[label] === 'number');
  return known.reduce<Row | undefined>((best, row) => (best && Number(best[label]) >= Number(row[label]) ? best : row), undefined);
}

/** A number of a row for people, a dash where there is none. */
export const shown = (value: string | number | null | undefined): string => (typeof value === 'number' ? share(value) : (value ?? '–'));
