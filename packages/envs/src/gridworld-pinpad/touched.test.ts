import { expect, test } from 'vitest';
import {
  assignPartners,
  GRID_MINI,
  generateExpertEpisodes,
  LengthBuckets,
  obeysTransitions,
  PAPER_PAIRS,
  type Touched,
  touchedColours,
} from '../index.js';

const { world, pretraining: tasks, horizon } = GRID_MINI;
const data = generateExpertEpisodes({ world, tasks, horizon, epsilon: 0.1, count: 3000, seed: 4 });

const visits = (...rows: number[][]): Touched => {
  const steps = Math.max(...rows.map((row) => row.length));
  const colour = new Int16Array(rows.length * steps).fill(-1);
  for (const [i, row] of rows.entries()) colour.set(row, i * steps);
  return { colour, count: Uint16Array.from(rows, (row) => row.length), steps };
};
const colours = (touched: Touched, i: number) =>
  [...touched.colour.subarray(i * touched.steps, i * touched.steps + touched.count[i])].join('');

test('what observations show was touched is the task of the demonstration, its last colour included', () => {
  const touched = touchedColours({ ...data, steps: horizon }, 4);
  for (let i = 0; i < data.count; i++) expect(colours(touched, i)).toBe(tasks[data.task[i]]);
});

test('standing on a colour is no visit, coming back to it is one', () => {
  const layout = Uint8Array.of(1, 2, 0, 3);
  const touched = touchedColours({ layout, position: [0, 0, 1, 1, 0, 2, 3], length: [6], steps: 6 }, 2);
  expect(colours(touched, 0)).toBe('10');
});

test('a partner touched the same in the same order; each is given once, to somebody else where there is one', () => {
  const buckets = new LengthBuckets(data, { size: 128, seed: 0 });
  for (let step = 0; step < 8; step++) {
    const batch = buckets.batch(step);
    const touched = touchedColours(batch, 4);
    const { partner, alone, groups } = assignPartners(touched, 1, step);
    expect([...partner].sort((a, b) => a - b)).toEqual([...Array(128).keys()]);
    const sequences = Array.from({ length: 128 }, (_, i) => colours(touched, i));
    const lonely = sequences.filter((sequence) => sequences.indexOf(sequence) === sequences.lastIndexOf(sequence));
    for (let i = 0; i < 128; i++) {
      expect(sequences[partner[i]]).toBe(sequences[i]);
      expect(partner[i] === i).toBe(lonely.includes(sequences[i]));
    }
    expect(alone).toBe(lonely.length);
    expect(groups).toBe(new Set(sequences).size);
    expect(assignPartners(touched, 1, step).partner).toEqual(partner);
    expect(assignPartners(touched, 1, step + 1).partner).not.toEqual(partner);
  }
});

test('a group is one cycle, and an episode alone is its own partner', () => {
  const { partner, alone, groups } = assignPartners(visits([0, 1], [2], [0, 1], [0, 1], [0, 1], [0]), 0, 0);
  expect([partner[1], partner[5], alone, groups]).toEqual([1, 5, 2, 3]);
  const cycle = [0];
  while (partner[cycle.at(-1) as number] !== 0) cycle.push(partner[cycle.at(-1) as number]);
  expect(cycle.sort()).toEqual([0, 2, 3, 4]);
});

test('transitions are held against the list: forbidden ones violate, too few visits do not count as obeying', () => {
  const shares = obeysTransitions(visits([0, 3, 2], [0, 1, 2], [3, 2], [0, 3, 2, 3], [1, 1, 3], []), tasks, 4, GRID_MINI.checkedVisits);
  expect(shares).toEqual({ obeying: 2 / 6, complete: 4 / 6, violating: 2 / 6 });
});

test('with pairs the beginning of a pair has to come first', () => {
  const rows = visits([0, 1, 4, 5], [1, 4, 5, 0], [0, 1, 2, 3], [2, 3, 6, 7, 7]);
  expect(obeysTransitions(rows, PAPER_PAIRS.pretraining, 8, PAPER_PAIRS.checkedVisits)).toEqual({
    obeying: 0.5,
    complete: 1,
    violating: 0.5,
  });
});

test('experts obey their own list', () => {
  const touched = touchedColours({ ...data, steps: horizon }, 4);
  expect(obeysTransitions(touched, tasks, 4, 3)).toEqual({ obeying: 1, complete: 1, violating: 0 });
});
