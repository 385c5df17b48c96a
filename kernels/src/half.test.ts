import { expect, test } from 'vitest';
import { packHalf, unpackHalf } from './half.js';

test('every finite half comes back as it was, and so do the infinities', () => {
  const words = Uint32Array.from({ length: 0x8000 }, (_, i) => (2 * i) | ((2 * i + 1) << 16));
  const values = unpackHalf(words);
  const again = unpackHalf(packHalf(values));
  values.forEach((value, i) => {
    if (!Object.is(again[i], value)) throw new Error(`${i}: ${value} became ${again[i]}`);
  });
  expect(values[0x3c00]).toBe(1);
  expect(values[0x7bff]).toBe(65504);
  expect(values[0x7c00]).toBe(Number.POSITIVE_INFINITY);
  expect(values[1]).toBe(2 ** -24);
});

test('between two halves the nearer one is taken, at the middle the even one', () => {
  const one = 2 ** -10;
  const given = [
    1 + one / 2,
    1 + 1.5 * one,
    1 + 0.51 * one,
    1 + 0.49 * one,
    65519,
    65520,
    -65521,
    2 ** -25,
    1.5 * 2 ** -24,
    3e-8,
    Number.NaN,
  ];
  const right = [1, 1 + 2 * one, 1 + one, 1, 65504, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 2 ** -23, 2 ** -24, Number.NaN];
  expect(Array.from(unpackHalf(packHalf(given), given.length))).toEqual(right);
});
