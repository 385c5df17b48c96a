/**
 * A world of your own, in one file that imports types alone: a T-maze with memory, and an arm ahead as well.
 *
 *     coxswain world ./my-world.ts --check
 *     coxswain pretrain --world ./my-world.ts
 *
 * A bell hangs at home and at the end of each arm. A task is an order in which to ring them. A lamp at home shows the
 * first of them, before the first step only: at the far end of the stem one has to remember which way to turn.
 */
import type { WorldFile } from '@coxswain/envs';

const BELLS = ['left bell', 'right bell', 'bell ahead', 'home bell'];
const HOME = 3;

/** Where one is: on the way from the crossing to a bell, so many cells from the crossing. */
interface Place {
  way: number;
  cells: number;
  /** What the lamp shows, until the first step. */
  readonly lamp: number;
  lit: boolean;
}

/** Moves: 0 left, 1 right, 2 ahead, 3 back. Each leads from the crossing into the way of its number. */
const BACK = [1, 0, 3, 2];

/** Every order of the four bells that does not begin at home, but one: that is asked for in the end. */
function orders(but: string): string[] {
  const begun = (text: string): string[] => {
    const rest = ['0', '1', '2', '3'].filter((bell) => !text.includes(bell));
    return rest.length === 0 ? [text] : rest.flatMap((bell) => begun(text + bell));
  };
  return begun('').filter((text) => text[0] !== '3' && text !== but);
}

export default (({ z, singleWorld }) =>
  singleWorld({
    name: 'bell-maze',
    about: 'A T-maze with a lamp to remember and four bells to ring in order.',
    settings: z.object({ cells: z.int().min(1).max(50).default(3).describe('Cells from the crossing to each bell.') }),
    defaults: ({ cells }) => ({
      tasks: orders('0123'),
      horizon: 16 * cells,
      reward: { task: '0123', horizon: 16 * cells },
    }),
    taskWords: { one: 'bells as digits, like 0123', list: 'orders of bells as digits, with commas between', event: 'bell' },
    spaces: ({ cells }) => ({
      // The cell, and the lamp: rows of the model's embedding table.
      observation: { kind: 'rows', rows: 1 + 4 * cells + 3, slots: 2, bySlot: true },
      action: { kind: 'discrete', count: 4 },
      events: BELLS,
    }),
    rules: ({ cells }) => ({
      begin: (random, task): Place => {
        const first = task === 'free' ? random.below(3) : task.events[0];
        return { way: HOME, cells, lamp: first % 3, lit: true };
      },
      observe: (place) => [place.cells === 0 ? 0 : 1 + place.way * cells + place.cells - 1, place.lit ? 1 + 4 * cells + place.lamp : -1],
      step: (place, move) => {
        place.lit = false;
        const before = place.cells;
        if (place.cells === 0) {
          place.way = move;
          place.cells = 1;
        } else if (move === place.way) place.cells = Math.min(cells, place.cells + 1);
        else if (move === BACK[place.way]) place.cells--;
        // A bell rings where one comes to it, not where one stands.
        const rings = place.cells === cells && before < cells;
        return { event: rings ? place.way : -1 };
      },
    }),
    expert: () => {
      const best = (place: Place, goal: number): number => (place.cells === 0 || place.way === goal ? goal : BACK[place.way]);
      return {
        act: (place, { goal, noise, random }) => {
          const move = best(place, goal);
          // Noise walks into walls; it never rings a bell that is not asked for.
          return random.uniform() < noise && place.cells > 0 ? (place.way < 2 ? 2 : 0) : move;
        },
      };
    },
  })) satisfies WorldFile;
