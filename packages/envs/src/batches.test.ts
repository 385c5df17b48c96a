/** Batches of any world's trajectories. */
import { expect, test } from 'vitest';
import { egocentric, firstOf, GRID_MINI, GridTrajectories, gather, generateExpertEpisodes, LengthBatches, labelsOf } from './index.js';

const { world, pretraining: tasks, horizon } = GRID_MINI;
const set = new GridTrajectories(egocentric(world), generateExpertEpisodes({ world, tasks, horizon, epsilon: 0.1, count: 300, seed: 2 }));

test('a batch is cut to its longest episode, masked, and its labels lie as its steps do', () => {
  const batch = gather(set, [5, 0, 299]);
  expect(batch.steps).toBe(Math.max(...[5, 0, 299].map((e) => set.length[e])));
  const goals = labelsOf(batch, set.goal);
  const events = labelsOf(batch, set.event, -1);
  for (const [i, e] of [5, 0, 299].entries())
    for (let t = 0; t < batch.steps; t++) {
      const real = t < set.length[e];
      expect(batch.mask[i * batch.steps + t]).toBe(real ? 1 : 0);
      expect(goals[i * batch.steps + t]).toBe(real ? set.goal[e * horizon + t] : 0);
      expect(events[i * batch.steps + t]).toBe(real ? set.event[e * horizon + t] : -1);
    }
});

test('batches are a function of the set, the seed and their number', () => {
  const batches = () => new LengthBatches(set, { size: 16, seed: 3 }, (index) => gather(set, index));
  const [one, other] = [batches(), batches()];
  other.batch(17);
  for (const step of [0, 9, 3]) expect(other.batch(step).index).toEqual(one.batch(step).index);
});

test('the first of a set are a set of their own', () => {
  const few = firstOf(set, 4);
  expect([few.count, few.length.length, firstOf(set, 1000).count]).toEqual([4, 4, 300]);
  expect(few.observe([3], 5)).toEqual(set.observe([3], 5));
  expect(few.event).toBe(set.event);
  expect(few.coordinates?.(2, 1)).toEqual(set.coordinates(2, 1));
});
