/** A metric of some runs as a chart: a curve a run. */
import { lastValue, type StoredRun } from '../run/scan.js';
import type { TrainingChart } from './data.js';

export interface MetricChart {
  readonly title: string;
  readonly about: string;
  /** The metric. */
  readonly name: string;
  /** A metric whose last value is a line to compare with; seeds share their data, so one line stands for all. */
  readonly reference?: { readonly label: string; readonly name: string };
  /** What else tells a run apart from another seed's. */
  readonly told?: (run: StoredRun) => string | undefined;
}

/** @returns no chart where no run has two points. */
export function metricChart(runs: readonly StoredRun[], { title, about, name, reference, told }: MetricChart): TrainingChart[] {
  const curves = runs.flatMap((run) => {
    const points = run.metrics.flatMap((line) => (line[name] === undefined ? [] : [{ x: line.step, y: line[name] }]));
    const base = run.config.inputs.base;
    const more = told?.(run);
    const label = `${base ? `base ${base.seed}, ` : ''}seed ${run.config.seed}${more ? `, ${more}` : ''}`;
    return points.length > 1 ? [{ label, points }] : [];
  });
  const floor = reference && runs.map((run) => lastValue(run, reference.name)).find((value) => value !== null);
  const references = reference && typeof floor === 'number' ? [{ label: reference.label, y: floor }] : [];
  return curves.length > 0 ? [{ title, about, xLabel: 'training steps', curves, references }] : [];
}
