/** Charts as one SVG file that refers to nothing outside itself. */
import type { TrainingChart } from './data.js';
import { FRAME } from './frame.js';
import { element, text } from './markup.js';
import { STYLE } from './style.js';
import { chartSvg } from './training.js';

const COLUMNS = 2;
const HEADER = 30;
const LEGEND_ROW = 18;

function legendRows({ curves }: TrainingChart): string[] {
  if (curves.length < 2) return [];
  return curves.map(({ label }, index) =>
    element(
      'g',
      { class: `series series-${index % 8}`, transform: `translate(${FRAME.left},${HEADER + index * LEGEND_ROW - 2})` },
      element('path', { class: 'single', d: 'M0,0H26' }),
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
      element('text', { x: FRAME.left, y: 18, style: 'font-weight:600;font-size:14px' }, text(chart.title)),
      ...legends[index],
      element('g', { transform: `translate(0,${under})` }, chartSvg(chart)),
    );
  });
  const [width, height] = [FRAME.width * Math.min(COLUMNS, Math.max(1, charts.length)), Math.max(1, tops[rows])];
  const attributes = { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${height}`, width, height };
  const style = element('style', {}, `${STYLE}svg{font-family:system-ui,sans-serif}`);
  const sheet = element('rect', { width, height, style: 'fill:var(--sheet)' });
  return `${element('svg', attributes, style, sheet, ...placed)}\n`;
}
