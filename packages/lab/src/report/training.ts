/** Curves of pretraining and discovery: one line a seed, and what they should reach. */
import { areaY, dot, line, ruleY } from '@observablehq/plot';
import { max, min } from 'd3-array';
import { formatNumber } from '../progress.js';
import { chart, endLabels } from './chart.js';
import type { Curve, TrainingChart } from './data.js';
import { legend } from './learning.js';
import { element, figure, text } from './markup.js';
import { BAND_OPACITY, seriesColour, seriesDash, WIDTHS } from './style.js';

/** Up to so many points of a curve are dots: where it was measured is to be seen, also where it was once. */
const FEW = 16;

function curveMarks({ label, points, band }: Curve, index: number) {
  const own = seriesColour(index);
  const look = { stroke: own, strokeWidth: WIDTHS.single, strokeDasharray: seriesDash(index), strokeLinecap: 'butt' } as const;
  return [
    band ? areaY(band, { x: 'x', y1: 'low', y2: 'high', fill: own, fillOpacity: BAND_OPACITY }) : null,
    line(points, { x: 'x', y: 'y', title: () => label, ...look }),
    points.length <= FEW ? dot(points, { x: 'x', y: 'y', r: 3, fill: own }) : null,
  ];
}

/** One chart’s picture, without title and legend. */
export function chartSvg({ title, about, xLabel, curves, references, log = false }: TrainingChart): string {
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
  return chart(`${title}: ${about}`, { x: ends, y: [from, highest], log, xLabel }, [
    ruleY(references, { y: 'y', className: 'reference' }),
    endLabels(labels),
    ...curves.flatMap(curveMarks),
  ]);
}

/** One chart with its title, legend and caption. */
export function trainingFigure(training: TrainingChart): string {
  const { title, about, curves } = training;
  const chart = chartSvg(training);
  return figure(
    `${element('h3', {}, text(title))}${curves.length > 1 ? legend(curves.map(({ label }) => label)) : ''}${chart}`,
    text(about),
  );
}
