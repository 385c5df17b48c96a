import type { LeafValues } from '@coxswain/base';
import { expect, test } from 'vitest';
import { batchesOf, configureWorld, episodeBatch, eventSteps, gather, LengthBatches, meanLength, sequenceBatch } from './index.js';
import { lampCorridor } from './testing/lamp-corridor.js';

const world = configureWorld([lampCorridor]);
const data = world.demonstrate({ count: 6, seed: 3 });
const episodes = gather(data, Uint32Array.of(4, 1), 3);
/** Numbers of one observation. */
const wide = (observation: readonly LeafValues[], rows: number) => observation[0].length / rows;

test('a world is configured as it says itself where nothing else is said', () => {
  const { tasks, horizon } = world.defaults;
  expect(world.tasks.map(({ text }) => text)).toEqual(tasks);
  expect(data.horizon).toBe(horizon);
  expect(data.count).toBe(6);
  const others = configureWorld([lampCorridor], { tasks: tasks.slice(0, 1) });
  expect(others.tasks.map(({ text }) => text)).toEqual(tasks.slice(0, 1));
  const short = others.demonstrate({ count: 2, seed: 3, horizon: horizon + 1 });
  expect(short.horizon).toBe(horizon + 1);
});

test('a world without an expert says so', () => {
  const { demonstrations: _, ...none } = lampCorridor;
  expect(() => configureWorld([none]).demonstrate({ count: 1, seed: 0 })).toThrow(expect.objectContaining({ code: 'not-offered' }));
});

test('batches of a set are those that gather makes of them', () => {
  const how = { size: 2, seed: 9, roundTo: 3 };
  const [ours, hand] = [batchesOf(data, how), new LengthBatches(data, how, (index, roundTo) => gather(data, index, roundTo))];
  for (const step of [0, 1, 9]) expect(ours.batch(step)).toEqual(hand.batch(step));
  expect(ours.batch(0).steps % 3 === 0 || ours.batch(0).steps === data.horizon).toBe(true);
});

test('a sequence model sees what was before each step, discovery what followed the last one too', () => {
  const { size, steps, mask, length } = episodes;
  const [sequences, whole] = [sequenceBatch(episodes), episodeBatch(episodes)];
  for (const made of [sequences, whole]) expect(made).toMatchObject({ batch: size, time: steps, mask });
  expect(whole.lengths).toEqual(length);
  expect(whole.action).toEqual(sequences.action);
  const width = wide(whole.observation, size * (steps + 1));
  expect(wide(sequences.observation, size * steps)).toBe(width);
  for (let i = 0; i < size; i++) {
    const [seen, all] = [
      sequences.observation[0].slice(i * steps * width, (i + 1) * steps * width),
      whole.observation[0].slice(i * (steps + 1) * width, (i + 1) * (steps + 1) * width),
    ];
    expect(all.slice(0, steps * width)).toEqual(seen);
    const [last] = [data.observe([episodes.index[i]], steps)].map((values) => (values as Int32Array).slice(steps * width));
    expect(all.slice(steps * width)).toEqual(last);
  }
});

test('moments are the observations right after what was reached', () => {
  const { event } = data;
  const steps = eventSteps(episodes);
  expect(steps).toHaveLength(2);
  [4, 1].forEach((episode, i) => {
    const reached = Array.from({ length: data.length[episode] }, (_, t) => t).filter((t) => event![episode * data.horizon + t] >= 0);
    expect(steps[i]).toEqual(reached.map((t) => t + 1));
    // Every episode of this expert ends at what it was after.
    expect(steps[i].at(-1)).toBe(data.length[episode]);
  });
});

test('episodes that do not say what was reached are refused', () => {
  const { event: _, ...silent } = { ...data, observe: data.observe, actions: data.actions };
  expect(() => eventSteps({ ...episodes, trajectories: silent })).toThrow('episodes without events');
});

test('the mean length is that of the episodes', () => {
  expect(meanLength({ count: 4, length: Uint16Array.of(1, 2, 3, 8) })).toBe(3.5);
});
