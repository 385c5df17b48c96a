/** Charts, or an episode, as one SVG file that refers to nothing outside itself. */
import { FRAME } from './chart.js';
import type { DrawnEpisode, TrainingChart } from './data.js';
import { EPISODE_LEGEND, episodeEdge, episodeSvg, episodeTold } from './episodes.js';
import { seriesSample } from './learning.js';
import { element, svgFile, text } from './markup.js';
import { WIDTHS } from './style.js';
import { chartSvg } from './training.js';

const COLUMNS = 2;
const HEADER = 36;
const LEGEND_ROW = 18;
/** Room for the lines above an episode. */
const [EPISODE_WIDTH, MARGIN, LINE] = [340, 8, 18];

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

/** An episode under its title, what its parts mean below. */
export function standaloneEpisode(episode: DrawnEpisode): string {
  const edge = episodeEdge(episode);
  const [width, below] = [Math.max(EPISODE_WIDTH, episodeEdge(episode)), 2 * LINE + MARGIN];
  const line = (row: number, style: string, told: string): string =>
    element('text', { x: MARGIN, y: MARGIN + row * LINE, style }, text(told));
  return svgFile(
    width,
    edge + below + (EPISODE_LEGEND.length + 0.5) * LINE,
    line(0.6, 'font-weight:600', episode.title),
    line(1.6, 'fill:var(--soft)', episodeTold(episode)),
    element('g', { transform: `translate(0,${below})` }, episodeSvg(episode)),
    ...EPISODE_LEGEND.map((told, row) => line((below + edge) / LINE + row + 0.5, 'fill:var(--soft);font-size:13px', told)),
  );
}
