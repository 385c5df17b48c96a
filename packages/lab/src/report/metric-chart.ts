/** A metric of some runs as a chart: a curve a run. */
import type { MetricLine } from '../run/metrics.js';
import { lastValue, type StoredRun } from '../run/scan.js';
import type { TrainingChart } from './data.js';

export interface MetricChart {
  readonly title: string;
  readonly about: string;
  /** The metric, or what is made of several. */
  readonly value: string | ((line: MetricLine) => number | undefined);
  /** A metric whose last value is a line to compare with; seeds share their data, so one line stands for all. */
  readonly reference?: { readonly label: string; readonly name: string };
  /** What else tells a run apart from another seed's. */
  readonly told?: (run: StoredRun) => string | undefined;
  /** What a run is called, in place of the seeds of its base and its own. */
  readonly label?: (run: StoredRun) => string;
  /** What its steps are, `training steps` by default. */
  readonly xLabel?: string;
}

function seeds(run: StoredRun, more: string | undefined): string {
  const { base } = run.config.inputs;
  return `${base ? `base ${base.seed}, ` : ''}seed ${run.config.seed}${more ? `, ${more}` : ''}`;
}

/** @returns no chart where no run has two points. */
export function metricChart(
  runs: readonly StoredRun[],
  { title, about, value, reference, told, label, xLabel = 'training steps' }: MetricChart,
): TrainingChart[] {
  const read = typeof value === 'string' ? (line: MetricLine) => line[value] as number | undefined : value;
  const curves = runs.flatMap((run) => {
    const points = run.metrics.flatMap((line) => {
      const y = read(line);
      return y === undefined ? [] : [{ x: line.step, y }];
    });
    return points.length > 1 ? [{ label: label?.(run) ?? seeds(run, told?.(run)), run: run.name, points }] : [];
  });
  const floor = reference && runs.map((run) => lastValue(run, reference.name)).find((value) => value !== null);
  const references = reference && typeof floor === 'number' ? [{ label: reference.label, y: floor }] : [];
  return curves.length > 0 ? [{ title, about, xLabel, curves, references }] : [];
}
