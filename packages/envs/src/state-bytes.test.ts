import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeState, encodeState } from './state-bytes.js';

const leaf = fc.oneof(
  fc.double(),
  fc.string({ unit: 'grapheme' }),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  fc.float32Array(),
  fc.float64Array(),
  fc.uint8Array(),
  fc.int32Array(),
);
const { state } = fc.letrec((tie) => ({
  state: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('state'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('state'), { noNullPrototype: true, maxKeys: 4 }),
  ),
}));

test('any plain state comes back, −0, NaN and kinds of arrays included', () => {
  fc.assert(
    fc.property(state, (value) => {
      const back = decodeState(encodeState(value));
      expect(back).toStrictEqual(value);
      expect(encodeState(back)).toEqual(encodeState(value));
    }),
  );
});

test('part of a larger buffer is saved alone', () => {
  const part = new Float64Array([1, 2, 3, 4]).subarray(1, 3);
  expect(decodeState(encodeState({ part }))).toEqual({ part: new Float64Array([2, 3]) });
});

test.each([
  ['a function', () => 1, 'state.f is a function'],
  ['an instance', new Map(), 'state.f is a Map'],
])('%s is refused', (_, f, message) => {
  expect(() => encodeState({ f })).toThrow(expect.objectContaining({ code: 'bad-world', message: expect.stringContaining(message) }));
});

test('a state that contains itself is refused', () => {
  const loop: unknown[] = [];
  loop.push(loop);
  expect(() => encodeState(loop)).toThrow(expect.objectContaining({ code: 'bad-world' }));
});

test('bytes cut anywhere are refused', () => {
  const bytes = encodeState({ a: [1, 'text', new Int16Array([3])], b: true });
  for (let length = 0; length < bytes.length; length++)
    expect(() => decodeState(bytes.subarray(0, length))).toThrow(expect.objectContaining({ code: 'bad-argument' }));
});
