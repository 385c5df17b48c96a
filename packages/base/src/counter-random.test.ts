import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CounterRandom, CoxswainError } from './index.js';

const draw = (random: CounterRandom, count: number) => Array.from({ length: count }, () => random.word());

test('what an index yields depends on seed, stream and index alone', () => {
  const seed = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(seed, fc.nat(5), fc.nat(), fc.nat(30), (first, stream, index, before) => {
      const a = new CounterRandom(first);
      const b = new CounterRandom(first);
      a.seek(stream, index);
      b.seek(stream + 1, index);
      draw(b, before);
      b.seek(stream, index);
      expect(draw(b, 9)).toEqual(draw(a, 9));
    }),
  );
});

test('seeds, streams and indices that differ in any bit do not repeat each other', () => {
  const seen = new Set<string>();
  for (const seed of [0, 1, 2 ** 32, 2 ** 33]) {
    for (const stream of [0, 1]) {
      for (const index of [0, 1, 2 ** 32]) {
        const random = new CounterRandom(seed);
        random.seek(stream, index);
        seen.add(draw(random, 4).join());
      }
    }
  }
  expect(seen.size).toBe(24);
});

test('uniform integers fill their range evenly', () => {
  const random = new CounterRandom(7);
  random.seek(0, 0);
  const counts = new Array(7).fill(0);
  for (let i = 0; i < 70_000; i++) counts[random.below(7)]++;
  // Chi-square with 6 degrees of freedom: 22.5 is passed once in a thousand seeds.
  expect(counts.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0)).toBeLessThan(22.5);
});

test('a shuffle is a permutation, and each order of three comes up a sixth of the time', () => {
  const random = new CounterRandom(11);
  random.seek(0, 0);
  const counts = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const items = Uint32Array.of(0, 1, 2);
    random.shuffle(items);
    counts.set(items.join(), (counts.get(items.join()) ?? 0) + 1);
  }
  expect([...counts.keys()].every((key) => [...key.split(',')].sort().join('') === '012')).toBe(true);
  expect(counts.size).toBe(6);
  // Chi-square with 5 degrees of freedom: 20.5 is passed once in a thousand seeds.
  expect([...counts.values()].reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)).toBeLessThan(20.5);
});

test.each([-1, 0.5, Number.NaN, 2 ** 53])('seed %s is refused by name', (seed) => {
  expect(() => new CounterRandom(seed)).toThrow(CoxswainError);
  expect(() => new CounterRandom(seed)).toThrow(String(seed));
});

test.each([
  [2 ** 32, 0],
  [-1, 0],
  [0.5, 0],
  [0, -1],
  [0, Number.NaN],
  [0, 2 ** 53],
])('stream %s and index %s are refused: their bits would be cut off', (stream, index) => {
  expect(() => new CounterRandom(1).seek(stream, index)).toThrow(CoxswainError);
});

test('normal numbers have the moments of a standard normal, and take two words each', () => {
  const random = new CounterRandom(4);
  random.seek(1, 2);
  const drawn = Array.from({ length: 100_000 }, () => random.normal());
  const mean = (power: number) => drawn.reduce((sum, x) => sum + x ** power, 0) / drawn.length;
  expect(mean(1)).toBeCloseTo(0, 1);
  expect(mean(2)).toBeCloseTo(1, 1);
  expect(mean(4)).toBeCloseTo(3, 0);
  random.seek(1, 2);
  random.normal();
  const after = random.word();
  random.seek(1, 2);
  expect(draw(random, 3)[2]).toBe(after);
});
