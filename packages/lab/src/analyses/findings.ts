/** What an analysis leaves: numbers as tables and curves, beside what the paper reports. */
import type { ReportTable, TrainingChart } from '../report/data.js';

export type Findings = {
  /** As on the command line: `probes`. */
  readonly name: string;
  readonly title: string;
  /** What was done, and how to read it. */
  readonly about: string;
  /** What arXiv 2512.20605 reports of it, on which scale. */
  readonly paper: string;
  readonly charts: readonly TrainingChart[];
  readonly tables: readonly ReportTable[];
};

/** `analysis.json` and `figure.svg` of a run folder. */
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
