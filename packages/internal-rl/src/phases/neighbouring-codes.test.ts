import { expect, test } from 'vitest';
import { agreementScore, nearestElsewhere, sameShare } from './neighbouring-codes.js';

test('a code’s neighbour is the nearest one that was held in another place of an episode', () => {
  const codes = [
    [0, 0],
    [0.1, 0],
    [0, 1],
    [5, 5],
  ];
  expect(nearestElsewhere({ codes, order: [0, 0, 1, 2] }, [0, 1, 2, 3])).toEqual([2, 2, 0, 2]);
  // Where all were held in the same place it is its own.
  expect(nearestElsewhere({ codes, order: [0, 0, 0, 0] }, [1])).toEqual([1]);
});

test('codes that do nothing agree with all others, and get nothing for it', () => {
  const still = { step: 6, nearest: 1, any: 1 };
  const skills = { step: 6, nearest: 0.9, any: 0.3 };
  expect(agreementScore([still])).toBe(0);
  expect(agreementScore([skills, still])).toBeCloseTo(0.3);
  // No code at all is worse than codes that do nothing.
  expect(agreementScore([])).toBe(-1);
  expect(sameShare([1, 2, 3, 4], [1, 0, 3, 0])).toBe(0.5);
});
