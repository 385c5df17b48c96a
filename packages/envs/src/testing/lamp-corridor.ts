/**
 * A small world of rules for tests: a corridor whose lamp shows at the start which end to go to; now and then a step
 * slips.
 */
import { z } from 'zod';
import { singleWorld } from '../single.js';

interface Corridor {
  cell: number;
  readonly lamp: number;
  lit: boolean;
  /** Of no use but to be saved: where it has been. */
  readonly visits: Uint16Array;
}

export const lampCorridor = singleWorld({
  name: 'lamp-corridor',
  about: 'A corridor with a lamp that shows which end to go to.',
  settings: z.object({
    cells: z.int().min(3).default(7).describe('Cells from end to end.'),
    slips: z.number().min(0).max(1).default(0.1).describe('Share of steps that stay where they are.'),
  }),
  defaults: ({ cells }) => ({ tasks: ['0', '1'], horizon: 3 * cells, reward: { task: '1', horizon: 3 * cells } }),
  spaces: ({ cells }) => ({
    observation: { kind: 'rows', rows: cells + 2, slots: 2, bySlot: true },
    action: { kind: 'discrete', count: 2 },
    events: ['left end', 'right end'],
  }),
  rules: ({ cells, slips }) => ({
    begin: (random, task): Corridor => ({
      cell: 1 + random.below(cells - 2),
      lamp: task === 'free' ? random.below(2) : task.events[0],
      lit: true,
      visits: new Uint16Array(cells),
    }),
    observe: ({ cell, lamp, lit }) => [cell, lit ? cells + lamp : -1],
    step: (state, action, random) => {
      state.lit = false;
      state.visits[state.cell]++;
      if (random.uniform() < slips) return;
      state.cell = Math.min(cells - 1, Math.max(0, state.cell + (action === 1 ? 1 : -1)));
      const end = state.cell === 0 ? 0 : state.cell === cells - 1 ? 1 : -1;
      return { event: end };
    },
  }),
  expert: () => ({
    act: (_, { goal, random, noise }) => (random.uniform() < noise ? random.below(2) : goal),
    nll: (_, action, { goal, noise }) => -Math.log(noise / 2 + (action === goal ? 1 - noise : 0)),
  }),
});
