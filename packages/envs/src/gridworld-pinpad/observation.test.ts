import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readGolden } from '../../../../kernels/src/testing/golden.js';
import { allocentric, denseObservations, egocentric, GRID_MINI, type GridObservation, observeEpisodes, PAPER_PAIRS } from '../index.js';

/** Any layout with its objects anywhere, and an agent anywhere. */
const scenes = fc.constantFrom(GRID_MINI.world, PAPER_PAIRS.world, { size: 3, colours: 2, walls: 0 }).chain((world) => {
  const objects = world.colours + world.walls;
  return fc.record({
    world: fc.constant(world),
    cell: fc.nat(world.size ** 2 - 1),
    layout: fc.shuffledSubarray([...Array(world.size ** 2).keys()], { minLength: objects, maxLength: objects }).map((places) => {
      const layout = new Uint8Array(world.size ** 2);
      for (const [i, place] of places.entries()) layout[place] = Math.min(i + 1, world.colours + 1);
      return layout;
    }),
  });
});

const oneHot = (space: GridObservation, layout: Uint8Array, cell: number) =>
  Array.from(denseObservations(space, observeEpisodes(space, layout, [cell], 1)));

test('egocentric: the window cell by cell, then the agent', () => {
  fc.assert(
    fc.property(scenes, ({ world, layout, cell }) => {
      const { size, colours } = world;
      const expected: number[] = [];
      for (let dr = -(size - 1); dr <= size - 1; dr++) {
        for (let dc = -(size - 1); dc <= size - 1; dc++) {
          const [row, column] = [Math.floor(cell / size) + dr, (cell % size) + dc];
          const outside = row < 0 || column < 0 || row >= size || column >= size;
          const content = outside ? colours + 2 : layout[row * size + column];
          for (let channel = 1; channel <= colours + 2; channel++) expected.push(content === channel ? 1 : 0);
        }
      }
      for (let c = 0; c < size * size; c++) expected.push(c === cell ? 1 : 0);
      expect(oneHot(egocentric(world), layout, cell)).toEqual(expected);
    }),
  );
});

test('allocentric: G²(W+O+1) numbers, the walls numbered in reading order', () => {
  fc.assert(
    fc.property(scenes, ({ world, layout, cell }) => {
      const { size, colours, walls } = world;
      const expected: number[] = [];
      const wallCells = [...layout.keys()].filter((c) => layout[c] === colours + 1);
      for (let c = 0; c < size * size; c++) {
        for (let colour = 1; colour <= colours; colour++) expected.push(layout[c] === colour ? 1 : 0);
        for (let wall = 0; wall < walls; wall++) expected.push(wallCells[wall] === c ? 1 : 0);
      }
      for (let c = 0; c < size * size; c++) expected.push(c === cell ? 1 : 0);
      const space = allocentric(world);
      expect(space.rows).toBe(size * size * (walls + colours + 1));
      expect(oneHot(space, layout, cell)).toEqual(expected);
    }),
  );
});

test.each([
  ['egocentric', egocentric],
  ['allocentric', allocentric],
])('%s: a row appears in its own slot only, and outside rows are the outside channel', (_, make) => {
  fc.assert(
    fc.property(scenes, ({ world, layout, cell }) => {
      const space = make(world);
      const indices = observeEpisodes(space, layout, [cell], 1);
      expect(indices).toHaveLength(space.slots);
      for (const [slot, row] of indices.entries()) if (row >= 0) expect(space.slotOfRow[row]).toBe(slot);
      expect(space.slotOfRow).toHaveLength(space.rows);
      const outside = indices.filter((row) => space.outsideRows.includes(row)).length;
      expect(outside).toBe(space.view === 'egocentric' ? (2 * world.size - 1) ** 2 - world.size ** 2 : 0);
    }),
    { numRuns: 30 },
  );
});

test('the sum of table rows is the embedding that the reference model computed', () => {
  const weights = readGolden('trained/base');
  const episodes = readGolden('trained/episodes');
  const space = egocentric(GRID_MINI.world);
  const [count, steps] = episodes.action.shape;
  const [width, windowRows] = weights['win.weight'].shape;
  expect(space.agentRows).toBe(windowRows);
  const position = Int32Array.from(
    { length: count * steps },
    (_, i) => episodes.pos.data[Math.floor(i / steps) * (steps + 1) + (i % steps)],
  );
  const indices = observeEpisodes(space, Uint8Array.from(episodes.layout.data), position, steps);
  let worst = 0;
  for (let i = 0; i < position.length; i++) {
    for (let d = 0; d < width; d++) {
      let sum = weights['win.bias'].data[d];
      for (const row of indices.subarray(i * space.slots, (i + 1) * space.slots)) {
        if (row >= windowRows) sum += weights['agent.weight'].data[(row - windowRows) * width + d];
        else if (row >= 0) sum += weights['win.weight'].data[d * windowRows + row];
      }
      // The first block of `residual` is the embedding.
      worst = Math.max(worst, Math.abs(sum - episodes.residual.data[i * width + d]));
    }
  }
  expect(worst).toBeLessThan(1e-5);
});

test('arrays of the wrong size are refused', () => {
  const space = egocentric(GRID_MINI.world);
  expect(() => observeEpisodes(space, new Uint8Array(16), [0, 0, 0, 0], 2)).toThrow(expect.objectContaining({ code: 'bad-shape' }));
  expect(() => denseObservations(space, new Int32Array(7))).toThrow(expect.objectContaining({ code: 'bad-shape' }));
});
