import { CounterRandom } from '@coxswain/base';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Expert, GRID_MINI, type GridSize, LayoutSampler, PAPER_PAIRS, UNREACHABLE } from '../index.js';

function randomLayout(world: GridSize, seed: number): { layout: Uint8Array; agent: number } {
  const layout = new Uint8Array(world.size ** 2);
  const random = new CounterRandom(seed);
  random.seek(0, 0);
  return { agent: new LayoutSampler(world).sample(random, layout), layout };
}

const worlds = fc.constantFrom(GRID_MINI.world, PAPER_PAIRS.world, { size: 5, colours: 3, walls: 6 });

test('every optimal move and no other begins a shortest path, and it never visits another colour', () => {
  fc.assert(
    fc.property(worlds, fc.nat(), (world, seed) => {
      const { layout } = randomLayout(world, seed);
      const expert = new Expert(world, 0);
      expert.plan(layout);
      for (let cell = 0; cell < layout.length; cell++) {
        if (layout[cell] === world.colours + 1) continue;
        for (let colour = 0; colour < world.colours; colour++) {
          const distance = expert.distance(cell, colour);
          if (distance === UNREACHABLE || distance === 0) continue;
          for (let move = 0; move < 4; move++) {
            const visited = expert.visits(cell, move);
            const moved = expert.next(cell, move) !== cell;
            const nearer =
              moved && (visited === colour || (visited < 0 && expert.distance(expert.next(cell, move), colour) === distance - 1));
            expect(expert.probability(cell, colour, move) > 0).toBe(nearer);
          }
        }
      }
    }),
    { numRuns: 40 },
  );
});

test('without noise it takes exactly the shortest number of steps, by breadth-first search over cells and progress', () => {
  const { world, pretraining } = GRID_MINI;
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(...pretraining), (seed, word) => {
      const { layout, agent } = randomLayout(world, seed);
      const task = Array.from(word, Number);
      const expert = new Expert(world, 0);
      expert.plan(layout);

      let frontier = new Set([agent * 10]);
      const seen = new Set(frontier);
      let shortest = 0;
      search: for (; ; shortest++) {
        const next = new Set<number>();
        for (const state of frontier) {
          const [cell, progress] = [Math.floor(state / 10), state % 10];
          if (progress === task.length) break search;
          for (let move = 0; move < 4; move++) {
            const visited = expert.visits(cell, move);
            if (visited >= 0 && visited !== task[progress]) continue;
            const reached = expert.next(cell, move) * 10 + progress + (visited >= 0 ? 1 : 0);
            if (!seen.has(reached)) next.add(reached);
            seen.add(reached);
          }
        }
        frontier = next;
      }

      const random = new CounterRandom(seed);
      random.seek(9, 9);
      let cell = agent;
      let steps = 0;
      for (const colour of task) {
        for (let visited = -1; visited !== colour; steps++) {
          const move = expert.sample(cell, colour, random);
          visited = expert.visits(cell, move);
          cell = expert.next(cell, move);
        }
      }
      expect(steps).toBe(shortest);
    }),
    { numRuns: 60 },
  );
});

test('with ties broken by order it takes the first of the moves that begin a shortest path', () => {
  fc.assert(
    fc.property(worlds, fc.nat(), (world, seed) => {
      const { layout } = randomLayout(world, seed);
      const [any, first] = [new Expert(world, 0), new Expert(world, 0, 'first')];
      any.plan(layout);
      first.plan(layout);
      const [all, one] = [new Float64Array(4), new Float64Array(4)];
      for (let cell = 0; cell < layout.length; cell++) {
        if (layout[cell] === world.colours + 1) continue;
        for (let colour = 0; colour < world.colours; colour++) {
          any.distribution(cell, colour, all);
          first.distribution(cell, colour, one);
          const chosen = all.findIndex((p) => p > 0);
          // Where nothing leads there it wanders, as ever.
          if (any.distance(cell, colour) !== UNREACHABLE)
            expect([...one].map((p, move) => p === (move === chosen ? 1 : 0))).not.toContain(false);
        }
      }
    }),
    { numRuns: 30 },
  );
});

test('probabilities sum to one, mix noise that visits nothing with the share epsilon, and are what is sampled', () => {
  const { world } = GRID_MINI;
  const epsilon = 0.3;
  const expert = new Expert(world, epsilon);
  const exact = new Expert(world, 0);
  const out = new Float64Array(4);
  const clean = new Float64Array(4);
  for (let seed = 0; seed < 5; seed++) {
    const { layout, agent } = randomLayout(world, seed);
    expert.plan(layout);
    exact.plan(layout);
    for (let colour = 0; colour < 4; colour++) {
      expert.distribution(agent, colour, out);
      exact.distribution(agent, colour, clean);
      const quiet = [0, 1, 2, 3].filter((move) => expert.visits(agent, move) < 0);
      const random = new CounterRandom(seed);
      random.seek(colour, 1);
      const counts = [0, 0, 0, 0];
      for (let i = 0; i < 4000; i++) counts[expert.sample(agent, colour, random)]++;
      for (let move = 0; move < 4; move++) {
        expect(out[move]).toBeCloseTo((1 - epsilon) * clean[move] + (quiet.includes(move) ? epsilon / quiet.length : 0), 12);
        expect(expert.probability(agent, colour, move)).toBe(out[move]);
        // Four and a half standard errors.
        expect(Math.abs(counts[move] / 4000 - out[move])).toBeLessThanOrEqual(4.5 * Math.sqrt((out[move] * (1 - out[move])) / 4000));
      }
      expect(out.reduce((sum, p) => sum + p)).toBeCloseTo(1, 12);
    }
  }
});

test('behind a colour with no way round it waits rather than end the episode', () => {
  // The corner cell 0 is cut off by colour 1 (right) and a wall (below).
  const expert = new Expert({ size: 3, colours: 2, walls: 1 }, 0);
  expert.plan(Uint8Array.of(0, 2, 0, 3, 0, 0, 0, 0, 1));
  expect(expert.distance(0, 0)).toBe(UNREACHABLE);
  expect(expert.optimalMoves(0, 0)).toBe(0b0111);
});

test('an epsilon that is no probability is refused', () => {
  expect(() => new Expert(GRID_MINI.world, 1.5)).toThrow(expect.objectContaining({ code: 'bad-setting', value: 'epsilon is 1.5' }));
});
