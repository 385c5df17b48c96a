import { expect, test } from 'vitest';
import { cellAt, middleOf } from './cells.js';
import { antSettings } from './settings.js';
import { freeLine } from './sight.js';
import { beginning } from './testing/bodies.js';
import { WayFinder } from './way.js';

test.each([
  { size: 4, colours: 4, walls: 1 },
  { size: 6, colours: 6, walls: 8 },
  { size: 3, colours: 2, walls: 0, cell: 1 },
  { size: 4, colours: 4, walls: 1, ways: 'straight' as const },
  { size: 6, colours: 6, walls: 8, ways: 'straight' as const },
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

test('a straight way leads to the middle of the goal where it is free, and is the shorter one', () => {
  const settings = antSettings.parse({ ways: 'straight' });
  const [straight, cells] = [new WayFinder(settings), new WayFinder(antSettings.parse({}))];
  const walked = (ways: WayFinder, episode: number): number => {
    const state = beginning(1, episode, settings);
    for (let step = 1; ; step++) {
      const [x, y] = ways.toward(state, 0);
      state.body[0] += 0.05 * x;
      state.body[1] += 0.05 * y;
      state.cell = cellAt(state.body[0], state.body[1], settings);
      if (state.layout[state.cell] === 1) return step;
    }
  };
  let [free, less, more] = [0, 0, 0];
  for (let episode = 0; episode < 60; episode++) {
    const state = beginning(1, episode, settings);
    const middle = middleOf(state.layout.indexOf(1), settings);
    const [x, y] = straight.toward(state, 0);
    const [dx, dy] = [middle[0] - state.body[0], middle[1] - state.body[1]];
    if (freeLine(state, middle, 0, settings)) {
      free++;
      expect(x * dx + y * dy).toBeCloseTo(Math.hypot(dx, dy), 9);
    }
    const [a, b] = [walked(straight, episode), walked(cells, episode)];
    if (a < b) less++;
    if (a > b + 2) more++;
  }
  expect(free).toBeGreaterThan(20);
  expect(free).toBeLessThan(60);
  expect(less).toBeGreaterThan(30);
  expect(more).toBe(0);
});

test('a line is free that keeps clear of other colours, walls and edges to both sides', () => {
  const settings = antSettings.parse({ cell: 1 });
  const state = beginning(1, 0, settings);
  state.layout.fill(0);
  [state.body[0], state.body[1]] = [-1.5, -1.5];
  const to = [1.5, -1.5] as const;
  expect(freeLine(state, to, 0, settings)).toBe(true);
  // In the way, or beside it within a fifth of a cell.
  state.layout[2] = 2;
  expect(freeLine(state, to, 0, settings)).toBe(false);
  expect(freeLine(state, to, 1, settings)).toBe(true);
  state.layout[2] = 0;
  state.layout[5] = 5;
  expect(freeLine(state, to, 0, settings)).toBe(true);
  state.body[1] = -1.15;
  expect(freeLine(state, [1.5, -1.15], 0, settings)).toBe(false);
  expect(freeLine(state, [-1.5, -2.1], 0, settings)).toBe(false);
  // Where it begins counts for nothing.
  state.layout[0] = 3;
  expect(freeLine(state, [-1.5, -1.7], 0, settings)).toBe(true);
});
