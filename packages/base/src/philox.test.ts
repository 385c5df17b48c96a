import { expect, test } from 'vitest';
import { philox4x32 } from './philox.js';

/** The known answers that Random123 publishes (kat_vectors, philox4x32 with 10 rounds). */
test.each([
  [
    [0, 0, 0, 0],
    [0, 0],
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  ],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
])('counter %o with key %o', (counter, key, expected) => {
  expect([...philox4x32(counter, key)]).toEqual(expected);
  const out = new Uint32Array(4);
  expect(philox4x32(counter, key, out)).toBe(out);
  expect([...out]).toEqual(expected);
});

test.each([
  [
    [4294967297, 0, 0, 0],
    [1, 0],
  ],
  [
    [0, 0, 0, 0],
    [-1, 0],
  ],
  [
    [0, 0.5, 0, 0],
    [1, 0],
  ],
])('counter %o with key %o is refused', (counter, key) => {
  expect(() => philox4x32(counter, key)).toThrow(RangeError);
});
