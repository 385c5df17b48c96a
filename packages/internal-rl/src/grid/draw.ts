/** Episodes drawn on their grids. */
import { element, type Picture, svg, svgFile, text } from '@coxswain/lab';
import type { DrawnEpisode, ShownEpisode } from '../report/shown-episodes.js';

/** What the parts of a drawing mean, a line or two each. */
export const EPISODE_LEGEND: readonly string[] = [
  'Ring: start. Numbers in discs: visits in order.',
  'Small digits: the colours. Grey squares: walls.',
  'Yellow diamonds: a new code begins.',
];

const CELL = 44;
const MARGIN = 6;

type Place = { readonly x: number; readonly y: number };

/** How far a path steps aside when it comes through a cell again, so that both passes can be seen. */
const ASIDE = 5;

/** Where the path runs: through the middle of cells, aside where it has been before. */
function places({ path, size }: DrawnEpisode): Place[] {
  const seen = new Map<number, number>();
  return path.map((cell, step) => {
    const before = seen.get(cell) ?? 0;
    const stays = step > 0 && path[step - 1] === cell;
    if (!stays) seen.set(cell, before + 1);
    const aside = ASIDE * Math.min(3, stays ? before - 1 : before);
    return { x: MARGIN + ((cell % size) + 0.5) * CELL + aside, y: MARGIN + (Math.floor(cell / size) + 0.5) * CELL + aside };
  });
}

/** Steps at which a coloured cell was entered, in order. */
export function visits({
  path,
  layout,
  colours,
}: Pick<DrawnEpisode, 'path' | 'layout' | 'colours'>): { readonly step: number; readonly colour: number }[] {
  return path.flatMap((cell, step) => {
    const object = layout[cell];
    return step > 0 && cell !== path[step - 1] && object >= 1 && object <= colours ? [{ step, colour: object - 1 }] : [];
  });
}

function drawCell(object: number, cell: number, { size, colours }: DrawnEpisode): string {
  const at = { x: MARGIN + (cell % size) * CELL, y: MARGIN + Math.floor(cell / size) * CELL };
  const square = { ...at, width: CELL, height: CELL };
  if (object === 0) return element('rect', { class: 'cell', ...square });
  if (object > colours)
    return (
      element('rect', { class: 'cell', ...square }) +
      element('rect', { class: 'wall', x: at.x + 3, y: at.y + 3, width: CELL - 6, height: CELL - 6, rx: 3 })
    );
  const name = element(
    'text',
    { class: `on-colour-${object - 1} cell-name`, x: at.x + 8, y: at.y + 15, 'text-anchor': 'middle' },
    text(object - 1),
  );
  return (
    element('rect', { class: 'cell', ...square }) +
    element('rect', { class: `fill colour-${object - 1}`, x: at.x + 1.5, y: at.y + 1.5, width: CELL - 3, height: CELL - 3, rx: 4 }) +
    name
  );
}

function arrow(from: Place, to: Place): string {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy);
  if (length < CELL / 2) return '';
  const [ux, uy] = [dx / length, dy / length];
  const tip = { x: from.x + dx * 0.58, y: from.y + dy * 0.58 };
  const corner = (side: number) => `${(tip.x - 6 * ux - side * 4 * uy).toFixed(1)},${(tip.y - 6 * uy + side * 4 * ux).toFixed(1)}`;
  return element('polygon', { class: 'arrow', points: `${tip.x.toFixed(1)},${tip.y.toFixed(1)} ${corner(1)} ${corner(-1)}` });
}

/** How an episode ended. */
function episodeTold(episode: DrawnEpisode): string {
  const { path, task, success } = episode;
  const colours = visits(episode).map(({ colour }) => colour);
  return `${success ? 'Solved' : 'Not solved'} in ${path.length - 1} steps; task ${task.join('')}, visited ${colours.join('') || 'nothing'}.`;
}

/** Sides of its drawing. */
const episodeEdge = ({ size }: DrawnEpisode): number => size * CELL + 2 * MARGIN;

/** One episode: path, walls, colours, the order of visits and where new codes were chosen. */
function episodeSvg(episode: DrawnEpisode): string {
  const { layout, switches, title } = episode;
  const at = places(episode);
  const route = at.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  const badges = visits(episode).map(({ step }, index) => {
    const { x, y } = at[step];
    return (
      element('circle', { class: 'badge', cx: x, cy: y, r: 8 }) +
      element('text', { class: 'badge-name', x, y: y + 4, 'text-anchor': 'middle' }, text(index + 1))
    );
  });
  const codes = switches.flatMap((step) => {
    const place = at[step];
    if (!place) return [];
    const { x, y } = place;
    return [
      element(
        'path',
        { class: 'code', d: `M${x},${y - 6}L${x + 6},${y}L${x},${y + 6}L${x - 6},${y}Z` },
        element('title', {}, text(`new code at step ${step}`)),
      ),
    ];
  });
  const edge = episodeEdge(episode);
  return svg(
    edge,
    edge,
    `${title}: ${episodeTold(episode)}`,
    ...layout.map((object, cell) => drawCell(object, cell, episode)),
    element('polyline', { class: 'halo', points: route }),
    element('polyline', { class: 'route', points: route }),
    ...at.slice(1).map((place, index) => arrow(at[index], place)),
    element('circle', { class: 'start', cx: at[0].x, cy: at[0].y, r: 6 }),
    ...codes,
    ...badges,
  );
}

/** Any world's episode: as its world drew it, or on its grid. */
export function episodePicture(episode: ShownEpisode): Picture {
  const { title, success } = episode;
  if ('svg' in episode) return { svg: episode.svg, caption: `${title}: ${success ? 'solved' : 'not solved'}.` };
  return { svg: episodeSvg(episode), outcome: { title, good: success }, caption: episodeTold(episode) };
}

/** Room for the lines above an episode in a file of its own. */
const [EPISODE_WIDTH, ABOVE, LINE] = [340, 8, 18];

/** An episode under its title, what its parts mean below. */
export function standaloneEpisode(episode: DrawnEpisode): string {
  const edge = episodeEdge(episode);
  const [width, below] = [Math.max(EPISODE_WIDTH, episodeEdge(episode)), 2 * LINE + ABOVE];
  const line = (row: number, style: string, told: string): string =>
    element('text', { x: ABOVE, y: ABOVE + row * LINE, style }, text(told));
  return svgFile(
    width,
    edge + below + (EPISODE_LEGEND.length + 0.5) * LINE,
    line(0.6, 'font-weight:600', episode.title),
    line(1.6, 'fill:var(--soft)', episodeTold(episode)),
    element('g', { transform: `translate(0,${below})` }, episodeSvg(episode)),
    ...EPISODE_LEGEND.map((told, row) => line((below + edge) / LINE + row + 0.5, 'fill:var(--soft);font-size:13px', told)),
  );
}
