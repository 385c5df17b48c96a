/** Episodes of point-pads as pictures. */
import type { Picture } from '../definition.js';

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

/**
 * The path through the pads; numbers in discs are pads reached in order, yellow diamonds, around a disc where
 * one is reached at that step, new codes.
 */
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
  const route = Array.from({ length: steps + 1 }, (_, step) => `${at(step).x},${at(step).y}`).join(' ');
  parts.push(`<polyline points="${route}" fill="none" stroke="currentColor" stroke-width="1.5"/>`);
  for (const step of switches.filter((step) => step <= steps)) {
    const [x, y] = [Number(at(step).x), Number(at(step).y)];
    // Around what stands at that step already, or its disc would hide the diamond.
    const half = step === 0 || event[step - 1] >= 0 ? 13 : 6;
    parts.push(
      `<path d="M${x},${y - half}L${x + half},${y}L${x},${y + half}L${x - half},${y}Z" data-step="${step}" fill="#f0e442" stroke="#111">` +
        `<title>new code at step ${step}</title></path>`,
    );
  }
  parts.push(`<circle cx="${at(0).x}" cy="${at(0).y}" r="5" fill="none" stroke="currentColor" stroke-width="2"/>`);
  let visits = 0;
  for (let step = 0; step < steps; step++) {
    if (event[step] < 0) continue;
    const { x, y } = at(step + 1);
    parts.push(
      `<circle cx="${x}" cy="${y}" r="7" data-step="${step + 1}" fill="#fff" stroke="#111"/>`,
      `<text x="${x}" y="${y}" data-step="${step + 1}" dy="4" text-anchor="middle" font-size="11" fill="#111">${++visits}</text>`,
    );
  }
  return {
    svg: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${EDGE} ${EDGE}" width="${EDGE}" height="${EDGE}">${parts.join('')}</svg>`,
  };
}
