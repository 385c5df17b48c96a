import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GRID_MINI, GridworldPinpad, gatherEpisodes, generateExpertEpisodes, LengthBuckets, PAPER_PAIRS } from '../index.js';

const { world, pretraining: tasks, horizon } = GRID_MINI;
const mini = generateExpertEpisodes({ world, tasks, horizon, epsilon: 0.1, count: 2000, seed: 3 });

test.each([
  ['grid-mini', mini, tasks],
  [
    'grid-pairs',
    generateExpertEpisodes({ world: PAPER_PAIRS.world, tasks: PAPER_PAIRS.pretraining, horizon: 100, epsilon: 0.1, count: 200, seed: 3 }),
    PAPER_PAIRS.pretraining,
  ],
])('the environment plays every episode to the same success: %s', (_, data, list) => {
  const T = data.horizon;
  for (let word = 0; word < list.length; word++) {
    const rows = [...Array(data.count).keys()].filter((e) => data.task[e] === word);
    const env = new GridworldPinpad({ world: data.world, tasks: [list[word]], horizon: T, environments: rows.length });
    const { layout, position } = gatherEpisodes({ ...data, length: data.length.map(() => T) }, rows);
    env.reset(0, { start: { layout, position: Int32Array.from(rows, (_, i) => position[i * (T + 1)]) } });
    for (let t = 0; t < T; t++) {
      const { info } = env.step(rows.map((e) => data.action[e * T + t]));
      for (const [i, e] of rows.entries()) {
        expect(info.position[i]).toBe(data.position[e * (T + 1) + t + 1]);
        if (t + 1 < data.length[e]) expect(Number(list[word][info.progress[i]])).toBe(data.subgoal[e * T + t + 1]);
      }
    }
    const { info } = env.step(rows.map(() => 0));
    for (const [i, e] of rows.entries()) {
      expect(info.success[i]).toBe(1);
      expect(info.length[i]).toBe(data.length[e]);
    }
  }
});

test('a smaller dataset is the beginning of a larger one of the same seed', () => {
  const few = generateExpertEpisodes({ world, tasks, horizon, epsilon: 0.1, count: 100, seed: 3 });
  for (const key of ['layout', 'position', 'action', 'subgoal', 'length', 'task', 'episode'] as const) {
    expect(few[key], key).toEqual(mini[key].subarray(0, few[key].length));
  }
});

test('its episodes begin as those of the environment with the same seed and number', () => {
  const env = new GridworldPinpad({ world, tasks, horizon, environments: 1 });
  for (let e = 0; e < 50; e++) {
    const { info } = env.reset(3, { firstEpisode: mini.episode[e] });
    expect(env.layout).toEqual(mini.layout.subarray(e * 16, (e + 1) * 16));
    expect(info.position[0]).toBe(mini.position[e * (horizon + 1)]);
    expect(info.task[0]).toBe(mini.task[e]);
  }
});

test('tasks come evenly', () => {
  const counts = new Array(tasks.length).fill(0);
  for (const task of mini.task) counts[task]++;
  // Chi-square with 15 degrees of freedom: 37.7 is passed once in a thousand seeds.
  expect(counts.reduce((sum, n) => sum + (n - 125) ** 2 / 125, 0)).toBeLessThan(37.7);
});

test('batch i is a function of seed and i alone', () => {
  const inOrder = new LengthBuckets(mini, { size: 16, seed: 5 });
  const batches = Array.from({ length: 20 }, (_, i) => inOrder.batch(i));
  fc.assert(
    fc.property(fc.nat(19), (i) => {
      expect(new LengthBuckets(mini, { size: 16, seed: 5 }).batch(i)).toEqual(batches[i]);
      expect(inOrder.batch(i)).toEqual(batches[i]);
    }),
    { numRuns: 30 },
  );
  expect(new LengthBuckets(mini, { size: 16, seed: 6 }).batch(0).index).not.toEqual(batches[0].index);
});

test('the batches of a pool are cut from one sorting by length, in random order', () => {
  const buckets = new LengthBuckets(mini, { size: 32, seed: 1 });
  const orders = new Set<string>();
  for (let pool = 0; pool < 6; pool++) {
    const batches = Array.from({ length: 8 }, (_, j) => buckets.batch(pool * 8 + j));
    const ranges = batches.map(({ length }) => [Math.min(...length), Math.max(...length)]);
    orders.add(ranges.map(([least]) => least).join());
    ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    for (let j = 1; j < 8; j++) expect(ranges[j][0]).toBeGreaterThanOrEqual(ranges[j - 1][1]);
  }
  expect(orders.size).toBeGreaterThan(1);
});

test('a batch holds its episodes, cut, padded and masked', () => {
  const batch = new LengthBuckets(mini, { size: 16, seed: 2, roundTo: 4 }).batch(3);
  expect(batch.steps % 4).toBe(0);
  expect(batch.steps - Math.max(...batch.length)).toBeLessThan(4);
  for (let i = 0; i < 16; i++) {
    const e = batch.index[i];
    expect(batch.length[i]).toBe(mini.length[e]);
    for (let t = 0; t <= batch.steps; t++) {
      const shown = Math.min(t, mini.length[e]);
      expect(batch.position[i * (batch.steps + 1) + t]).toBe(mini.position[e * (horizon + 1) + shown]);
    }
    for (let t = 0; t < batch.steps; t++) {
      const real = t < mini.length[e];
      expect(batch.mask[i * batch.steps + t]).toBe(real ? 1 : 0);
      expect(batch.action[i * batch.steps + t]).toBe(real ? mini.action[e * horizon + t] : 0);
      expect(batch.subgoal[i * batch.steps + t]).toBe(real ? mini.subgoal[e * horizon + t] : 0);
    }
  }
});

test('a horizon that nobody can keep is refused', () => {
  expect(() => generateExpertEpisodes({ world, tasks: ['01230123'], horizon: 8, epsilon: 0, count: 1, seed: 0 })).toThrow(
    expect.objectContaining({ code: 'impossible-episode', remedy: expect.stringContaining('horizon') }),
  );
});
