/** Learning curves: success against episodes, each seed thin, the median thick, the quartiles as a band. */
import { areaY, line, type Markish } from '@observablehq/plot';
import { bisectLeft, group, max, min, quantileSorted } from 'd3-array';
import { formatNumber } from '../progress.js';
import { chart, endLabels } from './chart.js';
import type { LearningRun } from './data.js';
import { share, short } from './format.js';
import { element, figure, text } from './markup.js';
import { BAND_OPACITY, seriesColour, seriesDash, WIDTHS } from './style.js';

export type Points = readonly { readonly x: number; readonly y: number }[];
export type Summary = { readonly x: number; readonly low: number; readonly mid: number; readonly high: number };

export type MethodCurves = {
  readonly label: string;
  readonly runs: readonly { readonly run: LearningRun; readonly points: Points }[];
  readonly summary: readonly Summary[];
};

/** Mean of each point and up to `window − 1` points before it. */
export function smooth(points: Points, window: number): Points {
  return points.map(({ x }, index) => {
    const part = points.slice(Math.max(0, index - window + 1), index + 1);
    return { x, y: part.reduce((sum, point) => sum + point.y, 0) / part.length };
  });
}

/** Value at `x`, linear between points; `x` must lie within them. */
export function valueAt(points: Points, x: number): number {
  const at = bisectLeft(
    points.map((point) => point.x),
    x,
  );
  if (points[at]?.x === x || at === 0) return points[at].y;
  const [a, b] = [points[at - 1], points[at]];
  return a.y + ((b.y - a.y) * (x - a.x)) / (b.x - a.x);
}

/** Median and quartiles over runs at every `x` that all of them reach. */
export function summarise(runs: readonly Points[]): Summary[] {
  const full = runs.filter((points) => points.length > 0);
  const from = max(full, (points) => points[0].x) ?? 0;
  const to = min(full, (points) => points[points.length - 1].x) ?? 0;
  const places = [...new Set(full.flatMap((points) => points.map(({ x }) => x)))].filter((x) => x >= from && x <= to).sort((a, b) => a - b);
  return places.map((x) => {
    const values = full.map((points) => valueAt(points, x)).sort((a, b) => a - b);
    const at = (p: number) => quantileSorted(values, p) ?? 0;
    return { x, low: at(0.25), mid: at(0.5), high: at(0.75) };
  });
}

/**
 * Groups runs of one task by their label, and those of one label by their episodes where these differ: rate and
 * exploration fall over them.
 */
export function curvesByMethod(runs: readonly LearningRun[], smoothing: number): MethodCurves[] {
  return [...group(runs, ({ label }) => label)].flatMap(([label, ofMethod]) => {
    const byLength = group(ofMethod, ({ planned }) => planned);
    return [...byLength].map(([planned, members]) => {
      const own = members.map((run) => ({
        run,
        points: smooth(
          run.points.map(({ episodes, success }) => ({ x: episodes, y: success })),
          smoothing,
        ),
      }));
      const name = byLength.size > 1 ? `${label}, ${formatNumber(planned)} episodes` : label;
      return { label: name, runs: own, summary: summarise(own.map(({ points }) => points)) };
    });
  });
}

function methodMarks({ label, runs, summary }: MethodCurves, index: number): Markish[] {
  const own = seriesColour(index);
  const stroke = { stroke: own, strokeLinecap: 'butt' } as const;
  const seeds = runs.map(({ run, points }) => {
    const tip = `${label}: base ${run.baseSeed}${run.controllerSeed === null ? '' : `, controller ${run.controllerSeed}`}, RL ${run.rlSeed}: ${share(points.at(-1)?.y ?? 0)} at ${short(points.at(-1)?.x ?? 0)}`;
    return line(points, {
      x: 'x',
      y: 'y',
      title: () => tip,
      className: 'seed',
      ...stroke,
      strokeWidth: WIDTHS.seed,
      strokeOpacity: 0.45,
    });
  });
  return [
    ...(runs.length > 2 ? [areaY(summary, { x: 'x', y1: 'low', y2: 'high', fill: own, fillOpacity: BAND_OPACITY })] : []),
    ...seeds,
    line(summary, { x: 'x', y: 'mid', ...stroke, strokeWidth: WIDTHS.median, strokeDasharray: seriesDash(index) }),
  ];
}

function panel(methods: readonly MethodCurves[], task: string, log: boolean): string {
  const points = methods.flatMap(({ runs }) => runs.flatMap((run) => run.points));
  const last = max(points, (point) => point.x) ?? 1;
  const first = min(points, (point) => point.x) ?? 1;
  const x: readonly [number, number] = log ? [Math.max(1, first), Math.max(last, first + 1)] : [0, last];
  const y = [0, Math.max(0.1, max(points, (point) => point.y) ?? 1)] as const;
  const kind = log ? 'log' : 'linear';
  const ends = methods.flatMap(({ summary }, index) => {
    const end = summary.at(-1);
    return end ? [{ x: end.x, y: end.mid, text: share(end.mid), fill: seriesColour(index) }] : [];
  });
  const label = `Success on task ${task} against episodes, ${log ? 'logarithmic' : 'linear'} axis`;
  return chart(label, { x, y, log, xLabel: `episodes (${kind} axis)`, yLabel: 'success' }, [
    ...methods.flatMap(methodMarks),
    endLabels(ends, 600),
  ]);
}

/** A piece of a line as in the chart, for a legend. */
export function seriesSample(d: string, index: number, width: number): string {
  return element('path', { d, stroke: seriesColour(index), 'stroke-width': width, 'stroke-dasharray': seriesDash(index) });
}

/** Legend with the look of each method's line. */
export function legend(labels: readonly string[]): string {
  const items = labels.map((label, index) => {
    const sample = element(
      'svg',
      { width: 28, height: 10, viewBox: '0 0 28 10', 'aria-hidden': 'true' },
      seriesSample('M0,5H28', index, WIDTHS.median),
    );
    return element('li', {}, sample, text(label));
  });
  return element('ul', { class: 'legend' }, ...items);
}

/** The section's figures: for each task a linear and a logarithmic panel. */
export function learningFigures(runs: readonly LearningRun[], smoothing: number): string {
  return [...new Set(runs.map((run) => run.task))]
    .map((task) => {
      const methods = curvesByMethod(
        runs.filter((run) => run.task === task),
        smoothing,
      );
      const counts = methods.map((method) => `${method.label} ${method.runs.length}`).join(', ');
      const mean = smoothing > 1 ? ` Every point is the mean of ${smoothing} updates.` : '';
      const caption = `Task ${task}. Thin: each seed (${counts}). Thick: their median; band: quartiles, from three seeds on.${mean}`;
      const panels = element('div', { class: 'panels' }, panel(methods, task, false), panel(methods, task, true));
      return figure(legend(methods.map(({ label }) => label)) + panels, text(caption));
    })
    .join('');
}
