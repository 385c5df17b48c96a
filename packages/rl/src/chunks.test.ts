import { expect, test } from 'vitest';
import { planChunks, roomFor } from './chunks.js';
import { NONE } from './controller.js';

const HORIZON = 9;
/** Episodes as strings, a step a letter: `x` where a decision was made. */
function made(...episodes: string[]): Uint8Array {
  const out = new Uint8Array(episodes.length * HORIZON);
  episodes.forEach((steps, n) => {
    for (const [t, step] of [...steps].entries()) out[n * HORIZON + t] = step === 'x' ? 1 : 0;
  });
  return out;
}

test('every decision stands in one chunk once, and steps after an episode’s last decision in none', () => {
  const episodes = made('x..x.....', 'x........', 'x.x.x.x', '....', 'xxx');
  const { chunks, decisions } = planChunks({ count: 5, horizon: HORIZON }, episodes, { chunks: [2, 2, 2], lengthStep: 1 });
  expect(decisions).toBe(10);
  expect(chunks.map(({ size }) => [size.batch, size.time])).toEqual([
    [2, 7],
    [2, 3],
  ]);
  expect(chunks.map(({ order }) => [...order])).toEqual([
    [2, 0],
    [4, 1],
  ]);
  const places: number[] = [];
  for (const { size, lengths, step, decision, at, back, count } of chunks) {
    places.push(...decision.subarray(0, count));
    expect([...decision.subarray(count), ...at.subarray(count)].every((rest) => rest === NONE)).toBe(true);
    expect(step.filter((place) => place !== NONE)).toHaveLength(lengths.reduce((sum, length) => sum + length, 0));
    decision.subarray(0, count).forEach((place, i) => {
      expect(step[at[i]]).toBe(place);
      expect(back[at[i]]).toBe(i);
    });
    expect(back.filter((i) => i !== NONE)).toHaveLength(count);
    expect(size.decisions).toBe(32);
  }
  expect(places.sort((a, b) => a - b)).toEqual([...episodes.keys()].filter((place) => episodes[place] === 1));
});

test('room for decisions: few sizes, none more than half as large again as it has to be', () => {
  expect([1, 32, 33, 49, 65, 97, 1000].map(roomFor)).toEqual([32, 32, 48, 64, 96, 128, 1024]);
  for (let n = 32; n < 5000; n++) expect(roomFor(n) / n).toBeLessThan(1.5);
});

test('chunks that hold too few episodes are refused', () => {
  expect(() => planChunks({ count: 5, horizon: HORIZON }, new Uint8Array(45), { chunks: [2, 2] })).toThrow('5 in all');
});
