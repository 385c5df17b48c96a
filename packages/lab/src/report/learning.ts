/** Learning curves: success against episodes, each seed thin, the median thick, the quartiles as a band. */
import { bisectLeft, group, max, min, quantileSorted } from 'd3-array';
import { area, line } from 'd3-shape';
import { formatNumber } from '../progress.js';
import type { LearningRun } from './data.js';
import { share, short } from './format.js';
import { acrossScale, axes, FRAME, type Scale, spread, upScale } from './frame.js';
import { element, figure, svg, text } from './markup.js';

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

const NAMES: Readonly<Record<string, string>> = {
  internal: 'Internal RL',
  metacontroller: 'Metacontroller',
  raw: 'Raw-action RL',
  'no-abstraction': 'No temporal abstraction',
  'co-trained': 'Co-trained',
  compile: 'CompILE',
  supervised: 'Labelled controllers',
};

/** A method's name for people. */
export const methodName = (method: string): string => NAMES[method] ?? method;

/** The same, with the view that its codes were found with. */
export function methodLabel({ method, view }: Pick<LearningRun, 'method' | 'view'>): string {
  const name = methodName(method);
  return view === null ? name : `${name}, ${view}`;
}

/** Groups runs of one task by method, and those of one method by their episodes where these differ: rate and exploration fall over them. */
export function curvesByMethod(runs: readonly LearningRun[], smoothing: number): MethodCurves[] {
  return [...group(runs, methodLabel)].flatMap(([label, ofMethod]) => {
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

/** The ground between two quartiles. */
export function bandPath(points: readonly Pick<Summary, 'x' | 'low' | 'high'>[], x: Scale, y: Scale): string {
  const path = area<Pick<Summary, 'x' | 'low' | 'high'>>(
    (point) => x(point.x),
    (point) => y(point.low),
    (point) => y(point.high),
  );
  return element('path', { class: 'band', d: path(points) ?? '' });
}

function drawMethod({ label, runs, summary }: MethodCurves, x: Scale, y: Scale, index: number): string {
  const path = line<{ x: number; y: number }>(
    (point) => x(point.x),
    (point) => y(point.y),
  );
  const median = line<Summary>(
    (point) => x(point.x),
    (point) => y(point.mid),
  );
  const seeds = runs.map(({ run, points }) => {
    const tip = `${label}: base ${run.baseSeed}${run.controllerSeed === null ? '' : `, controller ${run.controllerSeed}`}, RL ${run.rlSeed}: ${share(points.at(-1)?.y ?? 0)} at ${short(points.at(-1)?.x ?? 0)}`;
    return element('path', { class: 'seed', d: path(points) ?? '' }, element('title', {}, text(tip)));
  });
  return element(
    'g',
    { class: `series series-${index}` },
    runs.length > 2 ? bandPath(summary, x, y) : '',
    ...seeds,
    element('path', { class: 'median', d: median(summary) ?? '' }),
  );
}

function endLabels(methods: readonly MethodCurves[], x: Scale, y: Scale): string {
  const ends = methods.map(({ summary }) => summary[summary.length - 1]);
  const heights = spread(
    ends.map((end) => y(end?.mid ?? 0) + 4),
    15,
  );
  return methods
    .map((_, index) => {
      const end = ends[index];
      return end ? element('text', { class: `end series-${index}`, x: x(end.x) + 7, y: heights[index] }, text(share(end.mid))) : '';
    })
    .join('');
}

function panel(methods: readonly MethodCurves[], task: string, log: boolean): string {
  const points = methods.flatMap(({ runs }) => runs.flatMap((run) => run.points));
  const last = max(points, (point) => point.x) ?? 1;
  const first = min(points, (point) => point.x) ?? 1;
  const x = acrossScale(FRAME, log ? [Math.max(1, first), Math.max(last, first + 1)] : [0, last], log);
  const y = upScale(FRAME, [0, Math.max(0.1, max(points, (point) => point.y) ?? 1)]);
  const label = `Success on task ${task} against episodes, ${log ? 'logarithmic' : 'linear'} axis`;
  return svg(
    FRAME.width,
    FRAME.height,
    label,
    axes(FRAME, x, y, { x: `episodes (${log ? 'log' : 'linear'} axis)`, y: 'success' }, log),
    ...methods.map((method, index) => drawMethod(method, x, y, index)),
    endLabels(methods, x, y),
  );
}

/** Legend with the look of each method's line. */
export function legend(labels: readonly string[]): string {
  const items = labels.map((label, index) => {
    const sample = element(
      'svg',
      { width: 28, height: 10, viewBox: '0 0 28 10', 'aria-hidden': 'true', class: `series series-${index}` },
      element('path', { class: 'median', d: 'M0,5H28' }),
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
