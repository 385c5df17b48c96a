/** Charts as one SVG file that refers to nothing outside itself. */
import { FRAME } from './chart.js';
import type { TrainingChart } from './data.js';
import { seriesSample } from './learning.js';
import { element, svgFile, text } from './markup.js';
import { WIDTHS } from './style.js';
import { chartSvg } from './training.js';

const COLUMNS = 2;
const HEADER = 36;
const LEGEND_ROW = 18;

function legendRows({ curves }: TrainingChart): string[] {
  if (curves.length < 2) return [];
  return curves.map(({ label }, index) =>
    element(
      'g',
      { transform: `translate(${FRAME.marginLeft},${HEADER + index * LEGEND_ROW - 2})` },
      seriesSample('M0,0H26', index, WIDTHS.single),
      element('text', { x: 34, y: 4 }, text(label)),
    ),
  );
}

/** All charts, two side by side. */
export function standaloneSvg(charts: readonly TrainingChart[]): string {
  const legends = charts.map(legendRows);
  const rows = Math.ceil(charts.length / COLUMNS);
  const heightOf = (row: number): number =>
    HEADER + FRAME.height + LEGEND_ROW * Math.max(0, ...legends.slice(row * COLUMNS, (row + 1) * COLUMNS).map(({ length }) => length));
  const tops = Array.from({ length: rows + 1 }, (_, row) => Array.from({ length: row }, (__, r) => heightOf(r)).reduce((a, b) => a + b, 0));
  const placed = charts.map((chart, index) => {
    const row = Math.floor(index / COLUMNS);
    const x = (index % COLUMNS) * FRAME.width;
    const under = heightOf(row) - FRAME.height;
    return element(
      'g',
      { transform: `translate(${x},${tops[row]})` },
      element('text', { x: FRAME.marginLeft, y: 18, style: 'font-weight:600;font-size:14px' }, text(chart.title)),
      ...legends[index],
      element('g', { transform: `translate(0,${under})` }, chartSvg(chart)),
    );
  });
  const [width, height] = [FRAME.width * Math.min(COLUMNS, Math.max(1, charts.length)), Math.max(1, tops[rows])];
  return svgFile(width, height, ...placed);
}
