import { CounterRandom } from '@coxswain/base';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EnvError, type GridSize, LayoutSampler, UNREACHABLE } from '../index.js';

/** Shortest paths by relaxing every cell until nothing changes, over rows and columns. */
function relaxedDistances({ size, colours }: GridSize, layout: ArrayLike<number>, colour: number): number[] {
  const distance = Array.from(layout, (content) => (content === colour + 1 ? 0 : Infinity));
  for (let changed = true; changed; ) {
    changed = false;
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        const here = row * size + column;
        if (layout[here] === colours + 1) continue;
        for (const [dr, dc] of [
          [-1, 0],
          [1, 0],
          [0, -1],
          [0, 1],
        ]) {
          const [r, c] = [row + dr, column + dc];
          if (r < 0 || c < 0 || r >= size || c >= size) continue;
          const content = layout[r * size + c];
          if (content !== 0 && content !== colour + 1) continue;
          if (distance[r * size + c] + 1 < distance[here]) {
            distance[here] = distance[r * size + c] + 1;
            changed = true;
          }
        }
      }
    }
  }
  return distance;
}

const worlds = fc.constantFrom<GridSize>(
  { size: 4, colours: 4, walls: 1 },
  { size: 5, colours: 3, walls: 6 },
  { size: 7, colours: 8, walls: 4 },
  { size: 2, colours: 1, walls: 1 },
);

test('layouts hold every object once, and every colour can be reached from the agent and from every colour', () => {
  fc.assert(
    fc.property(worlds, fc.nat(), (world, seed) => {
      const sampler = new LayoutSampler(world);
      const layout = new Uint8Array(world.size ** 2).fill(99);
      const random = new CounterRandom(seed);
      random.seek(0, seed);
      const agent = sampler.sample(random, layout);
      expect(layout[agent]).toBe(0);
      const cells = Array.from(layout);
      for (let colour = 1; colour <= world.colours; colour++) expect(cells.filter((content) => content === colour)).toHaveLength(1);
      expect(cells.filter((content) => content === world.colours + 1)).toHaveLength(world.walls);
      for (let colour = 0; colour < world.colours; colour++) {
        const distance = relaxedDistances(world, layout, colour);
        for (let cell = 0; cell < cells.length; cell++) {
          if (cell === agent || (cells[cell] >= 1 && cells[cell] <= world.colours)) expect(distance[cell]).toBeLessThan(Infinity);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('distances are those of relaxation, on layouts with unreachable corners too', () => {
  const world = { size: 5, colours: 3, walls: 6 };
  const sampler = new LayoutSampler(world);
  fc.assert(
    fc.property(fc.shuffledSubarray([...Array(25).keys()], { minLength: 9, maxLength: 9 }), (places) => {
      const layout = new Uint8Array(25);
      for (const [i, place] of places.entries()) layout[place] = Math.min(i + 1, 4);
      const distances = new Uint16Array(3 * 25);
      sampler.allDistances(layout, distances);
      for (let colour = 0; colour < 3; colour++) {
        const expected = relaxedDistances(world, layout, colour).map((d) => (d === Infinity ? UNREACHABLE : d));
        expect(Array.from(distances.subarray(colour * 25, colour * 25 + 25))).toEqual(expected);
      }
    }),
  );
});

test.each([
  [{ size: 4, colours: 4, walls: 12 }, 'too-many-objects', '17 cells'],
  [{ size: 1, colours: 1, walls: 0 }, 'bad-world', 'size is 1'],
  [{ size: 4.5, colours: 1, walls: 0 }, 'bad-world', '4.5'],
  [{ size: 4, colours: 0, walls: 0 }, 'bad-world', 'colours is 0'],
  [{ size: 4, colours: 1, walls: -1 }, 'bad-world', 'walls is -1'],
])('a world of %o is refused as %s', (world, code, words) => {
  const make = () => new LayoutSampler(world);
  expect(make).toThrow(EnvError);
  expect(make).toThrow(words);
  expect(make).toThrow(expect.objectContaining({ code, remedy: expect.stringMatching(/\w/) }));
});

test('a world too full to walk in is refused after looking for a layout', () => {
  const sampler = new LayoutSampler({ size: 3, colours: 7, walls: 1 });
  const random = new CounterRandom(0);
  random.seek(0, 0);
  expect(() => sampler.sample(random, new Uint8Array(9))).toThrow(expect.objectContaining({ code: 'no-reachable-layout' }));
});
