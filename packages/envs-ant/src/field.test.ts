import { expect, test } from 'vitest';
import { cellAt, middleOf } from './cells.js';
import { antSettings } from './settings.js';
import { beginning } from './testing/bodies.js';

/** Colours and walls that a straight line from cell to cell passes over, both ends left out. */
function metBetween(layout: Uint8Array, [from, to]: readonly [number, number], settings: ReturnType<typeof antSettings.parse>): number[] {
  const [[ax, ay], [bx, by]] = [middleOf(from, settings), middleOf(to, settings)];
  const met = new Set<number>();
  for (let part = 0; part <= 1; part += 1 / 256) {
    const cell = cellAt(ax + part * (bx - ax), ay + part * (by - ay), settings);
    if (cell !== from && cell !== to && layout[cell] !== 0) met.add(cell);
  }
  return [...met];
}

test.each([
  { size: 4, colours: 4, walls: 1 },
  { size: 5, colours: 3, walls: 3, cell: 1 },
])('in an open layout nothing lies between two colours, nor between the start and one: %o', (given) => {
  const blocked = (layouts: 'any' | 'open'): number => {
    const settings = antSettings.parse({ ...given, layouts });
    let count = 0;
    for (let episode = 0; episode < 60; episode++) {
      const { layout, objects, cell } = beginning(1, episode, settings);
      const colours = Array.from(objects.subarray(0, settings.colours));
      for (const from of [cell, ...colours])
        for (const to of colours) if (from !== to && metBetween(layout, [from, to], settings).length > 0) count++;
    }
    return count;
  };
  expect(blocked('open')).toBe(0);
  expect(blocked('any')).toBeGreaterThan(60);
});

test('a field that has no open layout is refused by name', () => {
  const settings = antSettings.parse({ size: 4, colours: 10, walls: 0, layouts: 'open' });
  expect(() => beginning(1, 0, settings)).toThrow(expect.objectContaining({ code: 'no-reachable-layout' }));
});
