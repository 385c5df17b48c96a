/** What a straight walk over the field meets. */
import { cellAt } from './cells.js';
import type { AntSettings } from './settings.js';

/** How far it keeps to each side from what ends an episode, in cells. */
const CLEARANCE = 0.2;

/** Cells between two looks along it. */
const LOOKS = 0.1;

/** Where a body is, (x, y) first, over which layout. */
export interface Seen {
  readonly body: ArrayLike<number>;
  readonly layout: Uint8Array;
}

/**
 * Whether a body that goes straight to a point keeps clear of walls, edges and all colours but `goal`; where it begins
 * counts for nothing. @param goal −1 for none.
 */
export function freeLine({ body, layout }: Seen, to: readonly [number, number], goal: number, settings: AntSettings): boolean {
  const start = cellAt(body[0], body[1], settings);
  const [dx, dy] = [to[0] - body[0], to[1] - body[1]];
  const looks = Math.max(1, Math.ceil(Math.sqrt(dx * dx + dy * dy) / (LOOKS * settings.cell)));
  const aside = CLEARANCE * settings.cell;
  for (let look = 1; look <= looks; look++) {
    const [x, y] = [body[0] + (dx * look) / looks, body[1] + (dy * look) / looks];
    for (const [sx, sy] of CORNERS) {
      const cell = cellAt(x + sx * aside, y + sy * aside, settings);
      if (cell === start) continue;
      if (cell < 0 || (layout[cell] !== 0 && layout[cell] !== goal + 1)) return false;
    }
  }
  return true;
}

const CORNERS = [
  [-1, -1],
  [1, -1],
  [-1, 1],
  [1, 1],
] as const;
