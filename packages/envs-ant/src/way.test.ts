import { expect, test } from 'vitest';
import { cellAt, middleOf } from './field.js';
import { antSettings } from './settings.js';
import { beginning } from './testing/bodies.js';
import { WayFinder } from './way.js';

test.each([
  { size: 4, colours: 4, walls: 1 },
  { size: 6, colours: 6, walls: 8 },
  { size: 3, colours: 2, walls: 0, cell: 1 },
])('a point that follows the way meets nothing but the goal, from anywhere in a cell: %o', (given) => {
  const settings = antSettings.parse(given);
  const ways = new WayFinder(settings);
  for (let episode = 0; episode < 60; episode++) {
    const state = beginning(1, episode, settings);
    for (let goal = 0; goal < settings.colours; goal++) {
      let met = -1;
      for (let step = 0; met < 0 && step < 2000; step++) {
        const [x, y] = ways.toward(state, goal);
        state.body[0] += 0.05 * settings.cell * x;
        state.body[1] += 0.05 * settings.cell * y;
        const before = state.cell;
        state.cell = cellAt(state.body[0], state.body[1], settings);
        expect(state.cell, `episode ${episode}, to ${goal}`).not.toBe(-1);
        if (state.cell !== before && state.layout[state.cell] !== 0) met = state.layout[state.cell] - 1;
      }
      expect(met, `episode ${episode}`).toBe(goal);
    }
  }
});

test('the way is of length 1, and in the middle of a cell along a row or a column', () => {
  const settings = antSettings.parse({});
  const state = beginning(2);
  const ways = new WayFinder(settings);
  expect(Math.hypot(...ways.toward(state, 0))).toBeCloseTo(1, 12);
  [state.body[0], state.body[1]] = middleOf(state.cell, settings);
  expect(Array.from(ways.toward(state, 0), Math.abs).sort()).toEqual([0, 1]);
});
