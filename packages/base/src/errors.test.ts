import { expect, test } from 'vitest';
import { CoxswainError, EXIT_CODES, outOfRange, requireSize } from './index.js';

test('no two kinds of errors end a process alike, and none as a fault of the program would', () => {
  const numbers: number[] = Object.values(EXIT_CODES);
  expect(new Set(numbers).size).toBe(numbers.length);
  // 0 is success, 1 anything unforeseen, from 256 on they begin again.
  for (const number of numbers) expect(number > 1 && number < 256, String(number)).toBe(true);
});

test('a size that is none is named, with what was expected and what to do', () => {
  for (const value of [0, -1, 1.5, Number.NaN]) {
    expect(() => requireSize('width', value)).toThrow(`width is ${value}, expected a positive integer`);
    expect(() => requireSize('width', value)).toThrow(CoxswainError);
  }
  expect(() => requireSize('width', 3)).not.toThrow();
  expect(outOfRange('rank', 9, 'at most 4')).toMatchObject({
    name: 'CoxswainError',
    code: 'bad-config',
    value: 'rank = 9',
    expected: 'at most 4',
    remedy: 'set rank to at most 4',
  });
});
