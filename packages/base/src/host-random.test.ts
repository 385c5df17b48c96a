import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CoxswainError } from './errors.js';
import { HostRandom } from './host-random.js';
import { philox4x32 } from './philox.js';

const words = (random: HostRandom, n: number): number[] => Array.from({ length: n }, () => random.word());

test('the words are those of Philox, block by block', () => {
  const key = [123, 5] as const;
  const blocks = [0, 1, 2].flatMap((counter) => [...philox4x32([counter, 0, 0, 0], key)]);
  expect(words(new HostRandom(...key), 12)).toEqual(blocks);
});

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const whole = (most: number) => fc.oneof(fc.integer({ min: 0, max: most }), word);

test('seeds and streams differ in all their bits, those above the 32nd too', () => {
  const values = [1, 2 ** 32 + 1, 2 ** 33 + 1, 2 ** 52 + 1, 2 ** 53 - 1, 2 ** 32 - 1];
  const drawn = values.flatMap((high) => [words(new HostRandom(high, 1), 4), words(new HostRandom(1, high), 4)]).map(String);
  // Seed 1 of stream 1 is there twice.
  expect(new Set(drawn).size).toBe(drawn.length - 1);
  fc.assert(
    fc.property(whole(2 ** 53 - 1), fc.integer({ min: 0, max: 52 }), whole(2 ** 53 - 1), (seed, bit, stream) => {
      const place = 2 ** bit;
      const other = Math.floor(seed / place) % 2 === 0 ? seed + place : seed - place;
      expect(words(new HostRandom(other, stream), 8)).not.toEqual(words(new HostRandom(seed, stream), 8));
      expect(words(new HostRandom(stream, other), 8)).not.toEqual(words(new HostRandom(stream, seed), 8));
    }),
  );
});

test('seeds and streams below 2³² give the bits they always gave', () => {
  fc.assert(
    fc.property(word, word, (seed, stream) => {
      const expected = [0, 1].flatMap((block) => [...philox4x32([block, 0, 0, 0], [seed, stream])]);
      expect(words(new HostRandom(seed, stream), 8)).toEqual(expected);
    }),
  );
});

test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1' as unknown as number])('seed and stream %s are refused', (value) => {
  expect(() => new HostRandom(value)).toThrow(CoxswainError);
  expect(() => new HostRandom(value)).toThrow(`seed ${value}, expected an integer from 0`);
  expect(() => new HostRandom(0, value)).toThrow(`stream ${value}`);
});

test('a seed and a stream give the same numbers every time, and others give others', () => {
  fc.assert(
    fc.property(whole(2 ** 53 - 2), whole(2 ** 53 - 2), (seed, stream) => {
      const drawn = words(new HostRandom(seed, stream), 6);
      expect(words(new HostRandom(seed, stream), 6)).toEqual(drawn);
      expect(words(new HostRandom(seed + 1, stream), 6)).not.toEqual(drawn);
      expect(words(new HostRandom(seed, stream + 1), 6)).not.toEqual(drawn);
    }),
  );
});

test('uniform and normal numbers have the moments they should', () => {
  const n = 20_000;
  const random = new HostRandom(3);
  const moments = (draw: () => number): number[] => {
    const drawn = Array.from({ length: n }, draw);
    const mean = drawn.reduce((a, b) => a + b, 0) / n;
    return [mean, drawn.reduce((a, b) => a + (b - mean) ** 2, 0) / n, Math.min(...drawn), Math.max(...drawn)];
  };
  const [mean, variance, least, most] = moments(() => random.uniform());
  // Five standard errors.
  expect(Math.abs(mean - 0.5)).toBeLessThan((5 * Math.sqrt(1 / 12)) / Math.sqrt(n));
  expect(Math.abs(variance - 1 / 12)).toBeLessThan((5 * Math.sqrt(1 / 180)) / Math.sqrt(n));
  expect(least).toBeGreaterThan(0);
  expect(most).toBeLessThan(1);
  const [normalMean, normalVariance] = moments(() => random.normal());
  expect(Math.abs(normalMean)).toBeLessThan(5 / Math.sqrt(n));
  expect(Math.abs(normalVariance - 1)).toBeLessThan((5 * Math.SQRT2) / Math.sqrt(n));
});
