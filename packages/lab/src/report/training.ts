/** Curves of pretraining and discovery: one line a seed, and what they should reach. */
import { areaY, dot, line, ruleY } from '@observablehq/plot';
import { group, max, min } from 'd3-array';
import { formatNumber } from '../progress.js';
import { chart, endLabels, FRAME, NARROW } from './chart.js';
import type { Curve, TrainingChart } from './data.js';
import { legend, runClass } from './learning.js';
import { element, figure, text } from './markup.js';
import { BAND_OPACITY, seriesColour, seriesDash, WIDTHS } from './style.js';
import type { RunNumbers } from './tables.js';

/** Up to so many points of a curve are dots: where it was measured is to be seen, also where it was once. */
const FEW = 16;

function curveMarks({ label, points, band, run }: Curve, index: number, numbers: RunNumbers) {
  const own = seriesColour(index);
  const look = { stroke: own, strokeWidth: WIDTHS.single, strokeDasharray: seriesDash(index), strokeLinecap: 'butt' } as const;
  const className = runClass(numbers, run);
  return [
    band ? areaY(band, { x: 'x', y1: 'low', y2: 'high', fill: own, fillOpacity: BAND_OPACITY }) : null,
    line(points, { x: 'x', y: 'y', title: () => label, className, ...look }),
    points.length <= FEW ? dot(points, { x: 'x', y: 'y', r: 3, fill: own, className }) : null,
  ];
}

/** One chart’s picture, without title and legend. */
export function chartSvg(
  { title, about, xLabel, curves, references, log = false }: TrainingChart,
  frame = FRAME,
  numbers: RunNumbers = () => ({}),
  series?: (label: string) => number,
): string {
  const points = curves.flatMap((curve) => curve.points);
  const bands = curves.flatMap(({ band = [] }) => band.flatMap(({ low, high }) => [low, high]));
  const values = [...points.map(({ y }) => y), ...bands, ...references.map(({ y }) => y)];
  const lowest = min(values) ?? 0;
  const highest = max(values) ?? 1;
  // Zero is shown when it is near: a curve far from it would become a flat line.
  const from = lowest >= 0 && lowest < 0.5 * highest ? 0 : lowest;
  const first = min(points, (point) => point.x);
  const last = max(points, (point) => point.x) ?? 1;
  const ends: readonly [number, number] = log ? [first ?? 1, last] : [Math.min(0, first ?? 0), last];
  const labels = references.map(({ label, y }) => ({ x: last, y, text: `${label} ${formatNumber(y)}` }));
  const marks = [
    ruleY(references, { y: 'y', className: 'reference' }),
    endLabels(labels),
    ...curves.flatMap((curve, index) => curveMarks(curve, series?.(curve.label) ?? index, numbers)),
  ];
  return chart(`${title}: ${about}`, { x: ends, y: [from, highest], log, xLabel }, marks, labels, frame);
}

/** How a chart stands on a page. */
interface Place {
  readonly numbers?: RunNumbers;
  /** The series of each curve, where charts beside it have the same ones and one legend for all. */
  readonly series?: (label: string) => number;
  /** What it is called there, its title by default. */
  readonly title?: string;
}

/** One chart with its title, legend and caption. */
export function trainingFigure(training: TrainingChart, { numbers = () => ({}), series, title }: Place = {}): string {
  const { about, curves } = training;
  const lines = series || curves.length < 2 ? '' : legend(curves.map(lineOf), numbers);
  const drawn = chartSvg(training, NARROW, numbers, series);
  return figure(`${element('h3', {}, text(title ?? training.title))}${lines}${drawn}`, text(about));
}

const lineOf = ({ label, run }: Curve) => ({ label, runs: run === undefined ? [] : [run] });

/** What a chart is one of, and what it is called among them: `RL` and `return` of `RL: return`. */
function namedIn({ title }: TrainingChart): readonly [group: string, own: string] {
  const at = title.indexOf(': ');
  return at < 0 ? [title, title] : [title.slice(0, at), title.slice(at + 2)];
}

/** Charts of one kind of run under one legend: a run looks the same in all of them. */
export function trainingGroups(charts: readonly TrainingChart[], numbers: RunNumbers): string {
  return [...group(charts, (chart) => namedIn(chart)[0])]
    .map(([name, members]) => {
      const lines = [...new Map(members.flatMap(({ curves }) => curves.map((curve) => [curve.label, lineOf(curve)]))).values()];
      const labels = lines.map(({ label }) => label);
      const place = { numbers, series: (label: string) => labels.indexOf(label) };
      const figures = members.map((chart) => trainingFigure(chart, { ...place, title: namedIn(chart)[1] }));
      const shared = legend(lines, numbers);
      const summary = element(
        'summary',
        {},
        element('strong', {}, text(name)),
        text(`: ${members.length} chart${members.length === 1 ? '' : 's'}`),
      );
      return element('details', { open: 'open', 'data-fold': '' }, summary, shared, element('div', { class: 'charts' }, ...figures));
    })
    .join('');
}
