/** Learning curves: success against episodes, each seed thin, the median thick, the quartiles as a band. */
import { areaY, line, type Markish } from '@observablehq/plot';
import { max, min } from 'd3-array';
import { chart, endLabels, type Label, NARROW } from './chart.js';
import type { LearningRun } from './data.js';
import { share, short } from './format.js';
import { element, figure, text } from './markup.js';
import { curvesByMethod, FEWEST_FOR_MEDIAN, type MethodCurves } from './method-curves.js';
import { BAND_OPACITY, seriesColour, seriesDash, WIDTHS } from './style.js';
import type { RunNumbers } from './tables.js';

/** The class by which the page's filter finds a run's curve. */
export function runClass(numbers: RunNumbers, run: string | undefined): string | undefined {
  const number = numbers(run === undefined ? undefined : [run])['data-runs'];
  return number === undefined ? undefined : `run-${number}`;
}

/** Of what is drawn over several runs: gone where one of them is shown alone. */
const OVER_RUNS = 'over-runs';

function methodMarks({ label, runs, summary }: MethodCurves, index: number, numbers: RunNumbers): Markish[] {
  const own = seriesColour(index);
  const stroke = { stroke: own, strokeLinecap: 'butt' } as const;
  const strokeDasharray = seriesDash(index);
  const median = hasMedian(runs);
  // Without a median each run is what is to be read.
  const look = median ? { strokeWidth: WIDTHS.seed, strokeOpacity: 0.45 } : { strokeWidth: WIDTHS.single, strokeDasharray };
  const seeds = runs.map(({ run, points }) => {
    const tip = `${label}: base ${run.baseSeed}${run.controllerSeed === null ? '' : `, controller ${run.controllerSeed}`}, RL ${run.rlSeed}: ${share(points.at(-1)?.y ?? 0)} at ${short(points.at(-1)?.x ?? 0)}`;
    return line(points, { x: 'x', y: 'y', title: () => tip, className: runClass(numbers, run.run), ...stroke, ...look });
  });
  if (!median) return seeds;
  const over = { x: 'x', className: OVER_RUNS } as const;
  return [
    areaY(summary, { ...over, y1: 'low', y2: 'high', fill: own, fillOpacity: BAND_OPACITY }),
    ...seeds,
    line(summary, { ...over, y: 'mid', ...stroke, strokeWidth: WIDTHS.median, strokeDasharray }),
  ];
}

const hasMedian = (runs: MethodCurves['runs']): boolean => runs.length >= FEWEST_FOR_MEDIAN;

/** What stands at the right edge for the end of curves: of medians, or of each run where there is none. */
function endsOf({ runs, summary }: MethodCurves, index: number, edge: number): Label[] {
  const ends = hasMedian(runs) ? summary.slice(-1).map(({ mid }) => mid) : runs.flatMap(({ points }) => points.slice(-1).map(({ y }) => y));
  return ends.map((y) => ({ x: edge, y, text: share(y), fill: seriesColour(index) }));
}

function panel(methods: readonly MethodCurves[], task: string, log: boolean, numbers: RunNumbers): string {
  const points = methods.flatMap(({ runs }) => runs.flatMap((run) => run.points));
  const last = max(points, (point) => point.x) ?? 1;
  const first = min(points, (point) => point.x) ?? 1;
  const x: readonly [number, number] = log ? [Math.max(1, first), Math.max(last, first + 1)] : [0, last];
  const y = [0, Math.max(0.1, max(points, (point) => point.y) ?? 1)] as const;
  const kind = log ? 'log' : 'linear';
  const ends = methods.flatMap((method, index) => endsOf(method, index, last));
  const label = `Success on task ${task} against episodes, ${log ? 'logarithmic' : 'linear'} axis`;
  const marks = [...methods.flatMap((method, index) => methodMarks(method, index, numbers)), endLabels(ends, 600, OVER_RUNS)];
  return chart(label, { x, y, log, xLabel: `episodes (${kind} axis)`, yLabel: 'success' }, marks, ends, NARROW);
}

/** A piece of a line as in the chart, for a legend. */
export function seriesSample(d: string, index: number, width: number): string {
  return element('path', { d, stroke: seriesColour(index), 'stroke-width': width, 'stroke-dasharray': seriesDash(index) });
}

/** Curves that a legend lists at once; of more it is opened. */
const MOST_LISTED = 8;

/** Legend with the look of each line, and the runs that it is of. */
export function legend(
  lines: readonly { readonly label: string; readonly runs: readonly string[] }[],
  numbers: RunNumbers = () => ({}),
): string {
  const items = lines.map(({ label, runs }, index) => {
    const sample = element(
      'svg',
      { width: 28, height: 10, viewBox: '0 0 28 10', 'aria-hidden': 'true' },
      seriesSample('M0,5H28', index, WIDTHS.median),
    );
    return element('li', numbers(runs), sample, element('span', {}, text(label)));
  });
  const list = element('ul', { class: 'legend' }, ...items);
  return lines.length > MOST_LISTED ? element('details', {}, element('summary', {}, text(`${lines.length} curves`)), list) : list;
}

/** How the curves of some methods are to be read. */
function captionOf(methods: readonly MethodCurves[], task: string, smoothing: number): string {
  const counts = methods.map(({ label, runs }) => `${label}: ${runs.length}`).join('; ');
  const [some, none] = [methods.some(({ runs }) => hasMedian(runs)), methods.some(({ runs }) => !hasMedian(runs))];
  const median = some ? ` Thick: the median over runs; band: quartiles${none ? '; both from three runs on' : ''}.` : '';
  const mean = smoothing > 1 ? ` Every point is the mean of ${smoothing} updates.` : '';
  return `Task ${task}. Thin: each run (${counts}).${median}${mean}`;
}

/** The section's figures: for each task a linear and a logarithmic panel. */
export function learningFigures(runs: readonly LearningRun[], smoothing: number, numbers: RunNumbers = () => ({})): string {
  return [...new Set(runs.map((run) => run.task))]
    .map((task) => {
      const methods = curvesByMethod(
        runs.filter((run) => run.task === task),
        smoothing,
      );
      const panels = element('div', { class: 'panels' }, panel(methods, task, false, numbers), panel(methods, task, true, numbers));
      const names = methods.map(({ label, runs: own }) => ({ label, runs: own.map(({ run }) => run.run) }));
      return figure(legend(names, numbers) + panels, text(captionOf(methods, task, smoothing)));
    })
    .join('');
}
