import { philox4x32 } from '@coxswain/kernels';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HostRandom } from './host-random.js';

const words = (random: HostRandom, n: number): number[] => Array.from({ length: n }, () => random.word());

test('the words are those of Philox, block by block', () => {
  const key = [123, 5] as const;
  const blocks = [0, 1, 2].flatMap((counter) => [...philox4x32([counter, 0, 0, 0], key)]);
  expect(words(new HostRandom(...key), 12)).toEqual(blocks);
});

test('a seed and a stream give the same numbers every time, and others give others', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 2 }), fc.integer({ min: 0, max: 2 ** 32 - 2 }), (seed, stream) => {
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
