/** How pictures of episodes in a plane show where they went. */

/** An episode in a plane. */
export interface Route {
  readonly steps: number;
  /** `[steps]` what each step reached, −1 for nothing. */
  readonly event: ArrayLike<number>;
  /** Steps at which a new code was taken. */
  readonly switches: readonly number[];
}

/**
 * The path, with a ring where it began; numbers in discs are what was reached in order, yellow diamonds, around a disc
 * where one is reached at that step, new codes.
 * @param at where the episode is after so many steps, in pixels to one digit.
 * @returns elements of an SVG.
 */
export function drawRoute({ steps, event, switches }: Route, at: (step: number) => { readonly x: string; readonly y: string }): string[] {
  const route = Array.from({ length: steps + 1 }, (_, step) => `${at(step).x},${at(step).y}`).join(' ');
  const parts = [`<polyline points="${route}" fill="none" stroke="currentColor" stroke-width="1.5"/>`];
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
  reachedSteps({ steps, event }).forEach((step, visit) => {
    const { x, y } = at(step);
    parts.push(
      `<circle cx="${x}" cy="${y}" r="7" data-step="${step}" fill="#fff" stroke="#111"/>`,
      `<text x="${x}" y="${y}" data-step="${step}" dy="4" text-anchor="middle" font-size="11" fill="#111">${visit + 1}</text>`,
    );
  });
  return parts;
}

/** The steps (1 and up) that reached something. */
export const reachedSteps = ({ steps, event }: Pick<Route, 'steps' | 'event'>): number[] =>
  Array.from({ length: steps }, (_, step) => step + 1).filter((step) => event[step - 1] >= 0);
