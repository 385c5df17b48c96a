import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  applySymmetries,
  GRID_MINI,
  gatherEpisodes,
  generateExpertEpisodes,
  neighbourTable,
  randomSymmetries,
  squareSymmetries,
} from '../index.js';

const symmetries = squareSymmetries(4);

test('there are eight, all different, the identity first, and closed under composition', () => {
  const names = symmetries.map(({ cell, action }) => `${cell}|${action}`);
  expect(new Set(names).size).toBe(8);
  expect([...symmetries[0].cell]).toEqual([...Array(16).keys()]);
  for (const a of symmetries) {
    for (const b of symmetries) expect(names).toContain(`${b.cell.map((c) => a.cell[c])}|${b.action.map((m) => a.action[m])}`);
  }
});

test.each([2, 3, 4, 7])('moving and then turning is turning and then moving (size %i)', (size) => {
  const neighbours = neighbourTable(size);
  for (const { cell, action } of squareSymmetries(size)) {
    for (let c = 0; c < size * size; c++) {
      for (let move = 0; move < 4; move++) expect(neighbours[cell[c] * 4 + action[move]]).toBe(cell[neighbours[c * 4 + move]]);
    }
  }
});

test('turned episodes are episodes: the same colours and walls under the agent, step by step', () => {
  const { world, pretraining: tasks, horizon } = GRID_MINI;
  const data = generateExpertEpisodes({ world, tasks, horizon, epsilon: 0.2, count: 40, seed: 8 });
  const batch = gatherEpisodes(data, [...Array(40).keys()]);
  const neighbours = neighbourTable(4);
  fc.assert(
    fc.property(fc.nat(), (step) => {
      const which = randomSymmetries(1, step, 40);
      const turned = applySymmetries(symmetries, which, batch);
      const T = batch.steps;
      for (let i = 0; i < 40; i++) {
        expect([...turned.layout.subarray(i * 16, i * 16 + 16)].sort()).toEqual([...batch.layout.subarray(i * 16, i * 16 + 16)].sort());
        for (let t = 0; t < T; t++) {
          const [from, to] = [turned.position[i * (T + 1) + t], turned.position[i * (T + 1) + t + 1]];
          expect(turned.layout[i * 16 + to]).toBe(batch.layout[i * 16 + batch.position[i * (T + 1) + t + 1]]);
          if (t >= batch.length[i]) continue;
          const next = neighbours[from * 4 + turned.action[i * T + t]];
          expect(to).toBe(turned.layout[i * 16 + next] === 5 ? from : next);
        }
      }
    }),
    { numRuns: 10 },
  );
});

test('random symmetries are even, and a function of seed and step', () => {
  expect(randomSymmetries(4, 2, 50)).toEqual(randomSymmetries(4, 2, 60).subarray(0, 50));
  expect(randomSymmetries(4, 3, 50)).not.toEqual(randomSymmetries(4, 2, 50));
  const counts = new Array(8).fill(0);
  for (const k of randomSymmetries(0, 0, 8000)) counts[k]++;
  // Chi-square with 7 degrees of freedom: 24.3 is passed once in a thousand seeds.
  expect(counts.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)).toBeLessThan(24.3);
});
