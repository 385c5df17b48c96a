/** Parts of what an analysis leaves, and its files in a run folder. */
import type { ReportTable, TrainingChart } from '../report/data.js';

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
