import { NONE } from '@coxswain/base';
import { expect, test } from 'vitest';
import { planChunks, roomFor, roomForSteps } from './chunks.js';

const HORIZON = 9;
/** Episodes as strings, a step a letter: `x` where a decision was made. */
function made(...episodes: string[]): Uint8Array {
  const out = new Uint8Array(episodes.length * HORIZON);
  episodes.forEach((steps, n) => {
    for (const [t, step] of [...steps].entries()) out[n * HORIZON + t] = step === 'x' ? 1 : 0;
  });
  return out;
}

test.each([false, true])(
  'every decision stands in one chunk once, and steps after an episode’s last decision in none; packed %s',
  (packed) => {
    const episodes = made('x..x.....', 'x........', 'x.x.x.x', '....', 'xxx');
    const { chunks, decisions } = planChunks({ count: 5, horizon: HORIZON }, episodes, packed, { chunks: [2, 2, 2], lengthStep: 1 });
    expect(decisions).toBe(10);
    expect(chunks.map(({ size }) => [size.batch, size.time, size.steps])).toEqual(
      packed
        ? [
            [2, 9, 32],
            [2, 9, 32],
          ]
        : [
            [2, 7, 14],
            [2, 3, 6],
          ],
    );
    expect(chunks.map(({ order }) => [...order])).toEqual([
      [2, 0],
      [4, 1],
    ]);
    const places: number[] = [];
    for (const { size, order, lengths, step, decision, at, back, count } of chunks) {
      places.push(...decision.subarray(0, count));
      expect([...decision.subarray(count), ...at.subarray(count)].every((rest) => rest === NONE)).toBe(true);
      const { batch, time } = size;
      expect(lengths).toHaveLength(packed ? batch + time + 1 : batch);
      const rowAt = (row: number, t: number) => (packed ? lengths[batch + t] + row : row * time + t);
      const taken = Array.from({ length: batch }, (_, row) => Array.from({ length: lengths[row] }, (_, t) => rowAt(row, t))).flat();
      const filled = [...step.keys()].filter((at) => step[at] !== NONE);
      expect(filled).toEqual(taken.sort((a, b) => a - b));
      if (packed) expect(filled).toEqual(filled.map((_, i) => i));
      if (packed) expect(lengths[batch + time]).toBe(filled.length);
      for (const [row, episode] of order.entries())
        for (let t = 0; t < lengths[row]; t++) expect(step[rowAt(row, t)]).toBe(episode * HORIZON + t);
      decision.subarray(0, count).forEach((place, i) => {
        expect(step[at[i]]).toBe(place);
        expect(back[at[i]]).toBe(i);
      });
      expect(back.filter((i) => i !== NONE)).toHaveLength(count);
      expect(size.decisions).toBe(32);
    }
    expect(places.sort((a, b) => a - b)).toEqual([...episodes.keys()].filter((place) => episodes[place] === 1));
  },
);

test('room for decisions: few sizes, none more than half as large again as it has to be', () => {
  expect([1, 32, 33, 49, 65, 97, 1000].map(roomFor)).toEqual([32, 32, 48, 64, 96, 128, 1024]);
  for (let n = 32; n < 5000; n++) expect(roomFor(n) / n).toBeLessThan(1.5);
});

test('room for steps: at most a sixteenth left over, and few sizes', () => {
  expect([0, 1, 33, 512, 513, 5300].map(roomForSteps)).toEqual([32, 32, 64, 512, 544, 5376]);
  for (let n = 512; n < 20_000; n++) expect(roomForSteps(n) / n).toBeLessThanOrEqual(1 + 1 / 16);
});

test('packed chunks hold what they hold in equal parts', () => {
  const plan = (count: number, horizon: number) => planChunks({ count, horizon }, new Uint8Array(count * horizon).fill(1), true).chunks;
  expect(plan(512, 48).map(({ size }) => size.batch)).toEqual([512]);
  expect(plan(1024, 100).map(({ size }) => size.batch)).toEqual([256, 256, 256, 256]);
  expect(plan(1001, 100).map(({ size, order }) => [size.batch, order.length])).toEqual([
    [251, 251],
    [251, 251],
    [251, 251],
    [251, 248],
  ]);
});

test('chunks that hold too few episodes are refused', () => {
  expect(() => planChunks({ count: 5, horizon: HORIZON }, new Uint8Array(45), true, { chunks: [2, 2] })).toThrow('5 in all');
});
