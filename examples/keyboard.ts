/**
 * A world of your own that is small: keys on a line, to be pressed in order. A task is the order; a wrong key ends the
 * episode. The model sees how far it is to each key, and is never told which is wanted.
 *
 *     coxswain world ./keyboard.ts --check
 */
import type { WorldFile } from '@coxswain/envs';

const NAMES = ['do', 're', 'mi'];
/** Moves: 0 left, 1 right, 2 press. */
const [RIGHT, PRESS] = [1, 2];

export default (({ z, singleWorld }) =>
  singleWorld({
    name: 'keyboard',
    about: 'Three keys on a line, to be pressed in order.',
    settings: z.object({ cells: z.int().min(5).max(99).default(9).describe('Cells of the line.') }),
    defaults: ({ cells }) => ({
      // No expert goes from 0 to 1 or from 1 to 2: what is rewarded is made of nothing else.
      tasks: ['020', '021', '102', '202', '210'],
      horizon: 4 * cells,
      reward: { task: '012', horizon: 4 * cells },
    }),
    taskWords: { one: 'keys as digits, like 012', list: 'orders of keys as digits, with commas between', event: 'key' },
    spaces: ({ cells }) => ({
      observation: { kind: 'rows', rows: NAMES.length * (2 * cells - 1), slots: NAMES.length, bySlot: true },
      action: { kind: 'discrete', count: 3 },
      events: NAMES,
    }),
    rules: ({ cells }) => ({
      begin: (random) => {
        const places = Uint16Array.from({ length: cells }, (_, i) => i);
        random.shuffle(places);
        return { keys: [...places.subarray(0, NAMES.length)], at: places[NAMES.length] };
      },
      observe: ({ keys, at }) => keys.map((key, k) => k * (2 * cells - 1) + key - at + cells - 1),
      step: (state, move) => {
        if (move === PRESS) return { event: state.keys.indexOf(state.at) };
        state.at = Math.min(cells - 1, Math.max(0, state.at + (move === RIGHT ? 1 : -1)));
        return {};
      },
    }),
    expert: () => ({
      act: ({ keys, at }, { goal, noise, random }) => {
        if (random.uniform() < noise) return random.below(2);
        return keys[goal] === at ? PRESS : Number(keys[goal] > at);
      },
    }),
  })) satisfies WorldFile;
