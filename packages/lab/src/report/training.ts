/** Curves of pretraining and discovery: one line a seed, and what they should reach. */
import { max, min } from 'd3-array';
import { line } from 'd3-shape';
import { formatNumber } from '../progress.js';
import type { TrainingChart } from './data.js';
import { acrossScale, axes, FRAME, spread, upScale } from './frame.js';
import { bandPath, legend } from './learning.js';
import { element, figure, svg, text } from './markup.js';

/** Up to so many points of a curve are dots: where it was measured is to be seen, also where it was once. */
const FEW = 16;

/** One chart’s picture, without title and legend. */
export function chartSvg({ title, about, xLabel, curves, references, log = false }: TrainingChart): string {
  const points = curves.flatMap((curve) => curve.points);
  const bands = curves.flatMap(({ band = [] }) => band.flatMap(({ low, high }) => [low, high]));
  const values = [...points.map(({ y }) => y), ...bands, ...references.map(({ y }) => y)];
  const lowest = min(values) ?? 0;
  const highest = max(values) ?? 1;
  // Zero is shown when it is near: a curve far from it would become a flat line.
  const from = lowest >= 0 && lowest < 0.5 * highest ? 0 : lowest;
  const last = max(points, (point) => point.x) ?? 1;
  const x = acrossScale(
    FRAME,
    log ? [min(points, (point) => point.x) ?? 1, last] : [Math.min(0, min(points, (point) => point.x) ?? 0), last],
    log,
  );
  const y = upScale(FRAME, [from, highest]);
  const path = line<{ x: number; y: number }>(
    (point) => x(point.x),
    (point) => y(point.y),
  );
  const lines = curves.map(({ label, points: own, band }, index) =>
    element(
      'g',
      { class: `series series-${index % 8}` },
      band ? bandPath(band, x, y) : '',
      element('path', { class: 'single', d: path(own) ?? '' }, element('title', {}, text(label))),
      ...(own.length <= FEW ? own.map((point) => element('circle', { class: 'dot', cx: x(point.x), cy: y(point.y), r: 3 })) : []),
    ),
  );
  const right = FRAME.width - FRAME.right;
  const labelHeights = spread(
    references.map((reference) => y(reference.y) + 4),
    14,
  );
  const marks = references.map((reference, index) => [
    element('line', { class: 'reference', x1: FRAME.left, x2: right, y1: y(reference.y), y2: y(reference.y) }),
    element('text', { class: 'tick', x: right + 6, y: labelHeights[index] }, text(`${reference.label} ${formatNumber(reference.y)}`)),
  ]);
  return svg(FRAME.width, FRAME.height, `${title}: ${about}`, axes(FRAME, x, y, { x: xLabel, y: '' }, log), ...marks.flat(), ...lines);
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
