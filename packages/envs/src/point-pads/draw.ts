/** Episodes of point-pads as pictures. */
import type { Picture } from '../definition.js';
import { drawMoving, movesOf } from '../moving.js';
import { drawRoute } from '../route.js';

/** Pixels of a length of 1, and around the arena. */
const UNIT = 110;
const MARGIN = 6;
const EDGE = 2 * UNIT + 2 * MARGIN;

const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00'];

/** What is drawn. */
export interface PadTrace {
  readonly steps: number;
  readonly radius: number;
  /** `[pads, 2]`. */
  readonly centres: ArrayLike<number>;
  /** `[steps + 1, 2]`. */
  readonly position: ArrayLike<number>;
  /** `[steps]` pads entered, −1 for none. */
  readonly event: ArrayLike<number>;
  readonly switches: readonly number[];
}

const across = (x: number): string => (MARGIN + (x + 1) * UNIT).toFixed(1);
/** Up in the arena is up in the picture. */
const down = (y: number): string => (MARGIN + (1 - y) * UNIT).toFixed(1);

/** The path through the pads; played, the point goes along it. */
export function drawPads({ steps, radius, centres, position, event, switches }: PadTrace): Picture {
  const at = (step: number) => ({ x: across(position[2 * step]), y: down(position[2 * step + 1]) });
  const parts = [`<rect x="${MARGIN}" y="${MARGIN}" width="${2 * UNIT}" height="${2 * UNIT}" fill="none" stroke="currentColor"/>`];
  for (let pad = 0; 2 * pad < centres.length; pad++) {
    const [x, y] = [across(centres[2 * pad]), down(centres[2 * pad + 1])];
    parts.push(
      `<circle cx="${x}" cy="${y}" r="${(radius * UNIT).toFixed(1)}" fill="${COLOURS[pad % COLOURS.length]}"/>`,
      `<text x="${x}" y="${y}" dy="4" text-anchor="middle" font-size="12" fill="#fff">${pad}</text>`,
    );
  }
  const moves = movesOf(steps, (step) => [Number(at(step).x), Number(at(step).y)]);
  parts.push(...drawRoute({ steps, event, switches }, at), drawMoving(`<circle ${moves} r="6" fill="currentColor" stroke="#fff"/>`));
  return {
    svg: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${EDGE} ${EDGE}" width="${EDGE}" height="${EDGE}">${parts.join('')}</svg>`,
  };
}
