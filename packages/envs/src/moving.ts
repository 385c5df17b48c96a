/** What moves in a picture while its episode is played. */

/**
 * Where the points of a `circle` or `polyline` of an SVG are at each step, as its attribute `data-moves`: tenths of a
 * pixel, at the start and then how far each step moves them, with commas between steps.
 * @param at x and y of every point after so many steps, in pixels; as many points at every step.
 */
export function movesOf(steps: number, at: (step: number) => readonly number[]): string {
  let before: number[] = [];
  const moves = Array.from({ length: steps + 1 }, (_, step) => {
    const now = at(step).map((pixels) => Math.round(10 * pixels));
    const by = now.map((tenths, i) => tenths - (before[i] ?? 0));
    before = now;
    // A minus sign is a boundary by itself: there is one such number for every point and step.
    return by.join(' ').replaceAll(' -', '-');
  });
  return `data-moves="${moves.join(',')}"`;
}

/** Parts that are there only where a picture can be played, each with `movesOf`; what has class `still` then fades. */
export const drawMoving = (...parts: readonly string[]): string => `<g class="moving" display="none">${parts.join('')}</g>`;
