/** What a chain of skills did in one episode, in words and as a picture. */

import type { GridSize } from '@coxswain/envs';
import type { DrawnEpisode } from '../report/shown-episodes.js';

import type { ChainedEpisode } from './chain.js';
import type { Hold } from './free-play.js';
import type { Skill } from './library.js';

/** A skill of a chain as it is spoken of, by its number in the library. */
export interface Link {
  readonly label: string;
  readonly skill: Skill;
}

/** What the marks of a grid mean. */
export const GRID_LEGEND =
  'Digits: the colours; #: a wall; ·: an empty cell. Arrows: which way the agent left a cell, the last time;\n' +
  '*: where it was when the skill ended. One grid a skill, from left to right.';

const GAP = '   ';
const ARROWS = { up: '↑', down: '↓', left: '←', right: '→' } as const;
const steps = (count: number): string => `${count} step${count === 1 ? '' : 's'}`;

function arrow(from: number, to: number, size: number): string {
  if (to === from + size) return ARROWS.down;
  if (to === from - size) return ARROWS.up;
  return to > from ? ARROWS.right : ARROWS.left;
}

/**
 * The grid, a line a row: colours as digits, walls as #; behind a cell the way that the path left it at last, * where
 * it ended.
 */
function grid(layout: readonly number[], path: readonly number[], { size, colours }: GridSize): string[] {
  const left = new Map<number, string>();
  for (const [step, cell] of path.entries()) {
    const next = path[step + 1];
    if (next !== undefined && next !== cell) left.set(cell, arrow(cell, next, size));
  }
  left.set(path[path.length - 1], '*');
  const content = (object: number): string => (object === 0 ? '·' : object > colours ? '#' : String(object - 1));
  return Array.from({ length: size }, (_, row) =>
    Array.from({ length: size }, (__, column) => {
      const cell = row * size + column;
      return `${content(layout[cell])}${left.get(cell) ?? ' '}`;
    }).join(' '),
  );
}

function said({ label, skill }: Link, hold: Hold | undefined): string {
  if (!hold) return `${label}: its turn never came`;
  const cut = hold.ended ? '' : ', then the episode was cut';
  const [colour] = hold.touched;
  if (colour === undefined) return `${label}: reached no colour in ${steps(hold.steps)}${cut}`;
  return `${label}: reached colour ${colour}${colour === skill.reaches ? '' : ` instead of ${skill.reaches}`} in ${steps(hold.steps)}`;
}

/** A grid for each skill that had its turn, side by side, and a line for each skill. */
export function tellEpisode({ layout, path, holds }: ChainedEpisode, chain: readonly Link[], world: GridSize): string {
  const panels = holds.map(({ from, to }, i) => {
    const rows = [chain[i].label, ...grid(layout, path.slice(from, to + 1), world)];
    const width = Math.max(...rows.map((row) => row.length));
    return rows.map((row) => row.padEnd(width));
  });
  const rows = Array.from({ length: world.size + 1 }, (_, row) =>
    panels
      .map((panel) => panel[row])
      .join(GAP)
      .trimEnd(),
  );
  return [...rows, '', ...chain.map((link, i) => said(link, holds[i]))].join('\n');
}

/** Whether the colours came in the order asked for. */
export function tellOrder({ touched, inOrder }: ChainedEpisode, chain: readonly Link[]): string {
  const asked = chain.map(({ skill }) => skill.reaches).join(', ');
  if (inOrder === chain.length) return `Touched in the chosen order: ${asked}.`;
  return `Not in the chosen order: asked for ${asked}, touched ${touched.join(', ') || 'nothing'}.`;
}

/** The episode as reports draw one. */
export function drawnEpisode({ layout, path, holds, inOrder }: ChainedEpisode, chain: readonly Link[], world: GridSize): DrawnEpisode {
  return {
    title: `Skills ${chain.map(({ skill }) => skill.name).join(', ')}`,
    size: world.size,
    layout,
    colours: world.colours,
    path,
    task: chain.map(({ skill }) => skill.reaches),
    switches: holds.map(({ from }) => from),
    success: inOrder === chain.length,
  };
}
