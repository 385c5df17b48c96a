/** Episodes drawn on their grids. */
import { element, type Picture, svg, svgFile, text } from '@coxswain/lab';
import type { DrawnEpisode, ShownEpisode } from '../report/shown-episodes.js';

/** What the parts of a drawing mean, a line or two each. */
export const EPISODE_LEGEND: readonly string[] = [
  'Ring: start. Numbers in discs: visits in order.',
  'Small digits: the colours. Grey squares: walls.',
  'Yellow diamonds: a new code begins, around the disc where one is reached at that step.',
];

const MARGIN = 6;

/** Edge of a cell: a drawing is no wider than a phone, and its digits are read without being scaled. */
const cellEdge = (size: number): number => Math.max(24, Math.min(44, Math.floor(296 / size)));

type Place = { readonly x: number; readonly y: number };

/** Half a diamond; the larger one leaves the disc or ring inside it to be seen, and its corners beside that. */
const DIAMOND = { alone: 7, around: 14 } as const;

/** How far a path steps aside when it comes through a cell again, so that both passes can be seen. */
const ASIDE = 5;

/** Where the path runs: through the middle of cells, aside where it has been before. */
function places({ path, size }: DrawnEpisode): Place[] {
  const edge = cellEdge(size);
  const seen = new Map<number, number>();
  return path.map((cell, step) => {
    const before = seen.get(cell) ?? 0;
    const stays = step > 0 && path[step - 1] === cell;
    if (!stays) seen.set(cell, before + 1);
    const aside = ASIDE * Math.min(3, stays ? before - 1 : before);
    return { x: MARGIN + ((cell % size) + 0.5) * edge + aside, y: MARGIN + (Math.floor(cell / size) + 0.5) * edge + aside };
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
  const edge = cellEdge(size);
  const at = { x: MARGIN + (cell % size) * edge, y: MARGIN + Math.floor(cell / size) * edge };
  const square = { ...at, width: edge, height: edge };
  if (object === 0) return element('rect', { class: 'cell', ...square });
  if (object > colours)
    return (
      element('rect', { class: 'cell', ...square }) +
      element('rect', { class: 'wall', x: at.x + 3, y: at.y + 3, width: edge - 6, height: edge - 6, rx: 3 })
    );
  const name = element(
    'text',
    { class: `on-colour-${object - 1} cell-name`, x: at.x + 8, y: at.y + 15, 'text-anchor': 'middle' },
    text(object - 1),
  );
  return (
    element('rect', { class: 'cell', ...square }) +
    element('rect', { class: `fill colour-${object - 1}`, x: at.x + 1.5, y: at.y + 1.5, width: edge - 3, height: edge - 3, rx: 4 }) +
    name
  );
}

/** Ways below it have no arrow: steps that stay in a cell. */
const SHORTEST = 12;

function arrow(from: Place, to: Place): string {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy);
  if (length < SHORTEST) return '';
  const [ux, uy] = [dx / length, dy / length];
  const tip = { x: from.x + dx * 0.58, y: from.y + dy * 0.58 };
  const corner = (side: number) => `${(tip.x - 6 * ux - side * 4 * uy).toFixed(1)},${(tip.y - 6 * uy + side * 4 * ux).toFixed(1)}`;
  return element('polygon', { class: 'arrow', points: `${tip.x.toFixed(1)},${tip.y.toFixed(1)} ${corner(1)} ${corner(-1)}` });
}

/** The way of one step, or the ground that it stands out from. */
const way = (look: string, from: Place, to: Place, step: number): string =>
  element('line', { class: look, 'data-step': step, x1: from.x, y1: from.y, x2: to.x, y2: to.y });

/** The same with its direction. */
const leg = (from: Place, to: Place, step: number): string =>
  element('g', { 'data-step': step }, element('line', { class: 'route', x1: from.x, y1: from.y, x2: to.x, y2: to.y }), arrow(from, to));

/** How an episode ended. */
function episodeTold(episode: DrawnEpisode): string {
  const { path, task, success } = episode;
  const colours = visits(episode).map(({ colour }) => colour);
  return `${success ? 'Solved' : 'Not solved'} in ${path.length - 1} steps; task ${task.join('')}, visited ${colours.join('') || 'nothing'}.`;
}

/** Sides of its drawing. */
const episodeEdge = ({ size }: DrawnEpisode): number => size * cellEdge(size) + 2 * MARGIN;

/** One episode: path, walls, colours, the order of visits and where new codes were chosen. */
function episodeSvg(episode: DrawnEpisode): string {
  const { layout, switches, title } = episode;
  const at = places(episode);
  const route = at.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  const reached = visits(episode);
  const badges = reached.map(({ step, colour }, index) => {
    const { x, y } = at[step];
    return element(
      'g',
      { 'data-step': step },
      element('title', {}, text(`visit ${index + 1}: colour ${colour} at step ${step}`)),
      element('circle', { class: 'badge', cx: x, cy: y, r: 8 }),
      element('text', { class: 'badge-name', x, y: y + 4, 'text-anchor': 'middle' }, text(index + 1)),
    );
  });
  const codes = switches.flatMap((step) => {
    const place = at[step];
    if (!place) return [];
    const { x, y } = place;
    const half = step === 0 || reached.some((visit) => visit.step === step) ? DIAMOND.around : DIAMOND.alone;
    return [
      element(
        'path',
        { class: 'code', 'data-step': step, d: `M${x},${y - half}L${x + half},${y}L${x},${y + half}L${x - half},${y}Z` },
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
    ...at.slice(1).map((place, index) => way('halo', at[index], place, index + 1)),
    ...at.slice(1).map((place, index) => leg(at[index], place, index + 1)),
    ...codes,
    element('circle', { class: 'start', cx: at[0].x, cy: at[0].y, r: 6 }),
    ...badges,
    element('circle', { class: 'agent', 'data-path': route, cx: at[0].x, cy: at[0].y, r: 11 }),
  );
}

/** What each step of an episode was: whether the switch was open, and which code was held for what it reached. */
function stepsTold(episode: DrawnEpisode): string[] {
  const { path, switches } = episode;
  const last = path.length - 1;
  const reached = visits(episode);
  return path.map((_, step) => {
    const place = `step ${step} of ${last}`;
    if (switches.length === 0) return `${place}: the model’s own moves, no switch`;
    if (step === last) return `${place}: the end`;
    const index = switches.findLastIndex((begun) => begun <= step);
    const [from, to] = [switches[index], switches[index + 1] ?? last];
    const ends = reached.filter((visit) => visit.step > from && visit.step <= to).map(({ colour }) => colour);
    const until = ends.length > 0 ? `it reached ${ends.join(', ')}` : 'it reached nothing';
    return `${place}: β ${step === from ? '1, a new code' : '0'}; code ${index + 1} of ${switches.length} is held from step ${from} to ${to}, ${until}`;
  });
}

/** Any world's episode: as its world drew it, or on its grid. */
export function episodePicture(episode: ShownEpisode): Picture {
  const { title, success } = episode;
  if ('svg' in episode) return { svg: episode.svg, outcome: { title, good: success }, caption: success ? 'Solved.' : 'Not solved.' };
  const steps = stepsTold(episode);
  return { svg: episodeSvg(episode) + heldStrip(episode), outcome: { title, good: success }, caption: episodeTold(episode), steps };
}

const STRIP_HEIGHT = 34;

/** Under an episode, for each of its steps β and which code was held; nothing where there were no codes. */
function heldStrip(episode: DrawnEpisode): string {
  const { path, switches } = episode;
  const count = path.length - 1;
  if (switches.length === 0 || count === 0) return '';
  const edge = episodeEdge(episode);
  const x = (step: number): number => MARGIN + (step * (edge - 2 * MARGIN)) / count;
  const held = switches.map((from, i) => {
    const [left, right] = [x(from), x(switches[i + 1] ?? count)];
    return element(
      'g',
      {},
      element('rect', { class: i % 2 ? 'held odd' : 'held', x: left, width: right - left, y: 12, height: 18 }),
      element('rect', { class: 'beta open', x: left + 0.5, width: Math.max(1.5, x(from + 1) - left - 1), y: 2, height: 10 }),
      // A code that is held too shortly has no room for its number; what is said of the step has it.
      right - left >= 14 ? element('text', { x: (left + right) / 2, y: 26, 'text-anchor': 'middle' }, text(i + 1)) : '',
    );
  });
  const now = element('line', { class: 'now', 'data-across': `${x(0)} ${x(count)}`, x1: x(0), x2: x(0), y1: 0, y2: STRIP_HEIGHT });
  return svg(edge, STRIP_HEIGHT, `${episode.title}: β, and the code that is held, at each step`, ...held, now);
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
