import { expect, test } from 'vitest';
import { CounterRandom, HostRandom, RandomSource } from './index.js';

test('both kinds of numbers are of one kind, and draw integers and permutations from their words alike', () => {
  const counter = new CounterRandom(5);
  counter.seek(0, 3);
  for (const random of [new HostRandom(5), counter]) {
    expect(random).toBeInstanceOf(RandomSource);
    const drawn = Array.from({ length: 600 }, () => random.below(6));
    const counts = [0, 1, 2, 3, 4, 5].map((value) => drawn.filter((one) => one === value).length);
    // Five standard errors about 100.
    expect(Math.max(...counts.map((count) => Math.abs(count - 100)))).toBeLessThan(46);
    const items = Uint16Array.from({ length: 9 }, (_, i) => i);
    random.shuffle(items);
    expect([...items].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect([...items]).not.toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  }
});

test('what they draw is made of the words they give', () => {
  const [words, random] = [new HostRandom(8), new HostRandom(8)];
  for (const bound of [1, 2, 10, 1000]) expect(random.below(bound)).toBe(Math.floor((words.word() * bound) / 2 ** 32));
});
