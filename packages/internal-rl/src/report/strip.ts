/** A strip of an episode's true subgoals, under whatever is drawn over its steps. */
import { element, text } from '@coxswain/lab';

/** Width of a step. */
export const STEP = 22;

/** Stretches of equal subgoals: `[from, to)` and the colour. */
export function segments(subgoals: readonly number[]): { readonly from: number; readonly to: number; readonly colour: number }[] {
  const starts = subgoals.flatMap((colour, step) => (step === 0 || subgoals[step - 1] !== colour ? [step] : []));
  return starts.map((from, index) => ({ from, to: starts[index + 1] ?? subgoals.length, colour: subgoals[from] }));
}

export interface StripPlace {
  /** Left edge of a step. */
  readonly x: (step: number) => number;
  /** What is drawn above it, tinted in the subgoals' colours. */
  readonly above: { readonly top: number; readonly height: number };
  readonly strip: { readonly top: number; readonly height: number };
}

/** The subgoals, named on their strip, and the same stretches as tints above it. */
export function subgoalStrip(subgoals: readonly number[], { x, above, strip }: StripPlace): string[] {
  return segments(subgoals).flatMap(({ from, to, colour }) => {
    const place = { x: x(from), width: (to - from) * STEP };
    return [
      element('rect', { class: `tint colour-${colour}`, ...place, y: above.top, height: above.height }),
      element('rect', { class: `fill colour-${colour}`, ...place, y: strip.top, height: strip.height }),
      element(
        'text',
        { class: `on-colour-${colour}`, x: place.x + place.width / 2, y: strip.top + 14.5, 'text-anchor': 'middle' },
        text(colour),
      ),
    ];
  });
}

/** Every fifth step's number. */
export function stepTicks(count: number, x: (step: number) => number, y: number): string[] {
  return Array.from({ length: Math.ceil(count / 5) }, (_, i) =>
    element('text', { class: 'tick', x: x(5 * i) + STEP / 2, y, 'text-anchor': 'middle' }, text(5 * i)),
  );
}
