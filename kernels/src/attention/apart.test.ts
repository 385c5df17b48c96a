/** Attention with queries, keys and values apart: shared heads, other lengths of keys, both directions, specials. */
import { describe, expect, test } from 'vitest';
import { type Case, caseOf, check, kinds, referenceInput, withoutGaps } from '../testing/attention.js';
import { randomNormal } from '../testing/harness.js';
import { packedAttention, separateAttention } from './index.js';
import { attentionBackwardReference, attentionReference } from './reference.js';
import { attentionLengths, headConstants } from './shape.js';

const small = { batch: 3, queries: 9, keys: 13, heads: 4, headDim: 4 };

// Few widths of heads: each is compiled anew.
describe.each<[string, Case]>([
  [
    'shared heads in one buffer',
    caseOf(packedAttention({ batch: 3, time: 19, heads: 4, kvHeads: 2, headDim: 4 }), { lengths: [19, 7, 0], buckets: 6 }),
  ],
  [
    'cross attention, heads first',
    caseOf(separateAttention({ ...small, kvHeads: 2, causal: 0, headsFirst: true }), { lengths: [9, 4, 9], keyLengths: [5, 13, 0] }),
  ],
  [
    'both directions, bias',
    caseOf(separateAttention({ ...small, queries: 37, keys: 37, causal: 0 }), {
      buckets: 8,
      lengths: [37, 20, 1],
      keyLengths: [37, 20, 1],
    }),
  ],
  [
    'causal behind a cache',
    caseOf(separateAttention({ ...small, queries: 21, keys: 10, offset: 3 }), { buckets: 6, keyLengths: [10, 6, 1] }),
  ],
  [
    'a window behind a cache',
    caseOf(separateAttention({ ...small, kvHeads: 2, queries: 30, keys: 41, offset: 11, window: 5 }), {
      buckets: 6,
      keyLengths: [41, 13, 2],
    }),
  ],
  [
    'longer than a tile',
    caseOf(separateAttention({ ...small, queries: 70, keys: 90, kvHeads: 2, causal: 0 }), {
      buckets: 8,
      keyLengths: [90, 64, 65],
      lengths: [70, 64, 65],
    }),
  ],
])('%s', (_, input) => {
  test.each(kinds)('%s against float64', (_, run) => check(run, input));
});

test.each(kinds)('%s: scores of ten thousand, as exact as they are themselves', async (_, run) => {
  const input = caseOf(separateAttention({ ...small, causal: 0 }), { scale: 60, keyLengths: [13, 13, 13] });
  const scores = Math.max(...input.q.map(Math.abs)) * Math.max(...input.k.map(Math.abs));
  expect(scores).toBeGreaterThan(1e4);
  // A weight is off by as much as its score in f32, relatively: half a unit of the last place of each of both sides.
  await check(run, input, scores * 2 ** -23);
});

test.each([0, 3, 18, 260, -4])('a head of %i elements is refused', (headDim) => {
  expect(() => headConstants(headDim)).toThrow(`a multiple of 4 up to 256, got ${headDim}`);
  expect(() => separateAttention({ ...small, headDim })).toThrow(RangeError);
});

test('heads that keys cannot share evenly are refused', () => {
  expect(() => separateAttention({ ...small, kvHeads: 3 })).toThrow('kvHeads must divide 4 heads, got 3');
});

/** NaN, +∞, −∞ and finite numbers are the same in both. */
const kindOf = (value: number): string => (Number.isFinite(value) ? 'finite' : String(value));

type Operand = 'q' | 'k' | 'v' | 'dy';
/** One to a sequence, so that all go through one launch. */
const specials: [Operand, number][] = (['q', 'k', 'v', 'dy'] as const).flatMap((name) =>
  [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value): [Operand, number] => [name, value]),
);
const sizes = { batch: specials.length, queries: 11, keys: 19, heads: 2, kvHeads: 1, headDim: 4 };

describe.each([
  ['causal', caseOf(separateAttention({ ...sizes, queries: 19 }))],
  ['both directions', caseOf(separateAttention({ ...sizes, causal: 0 }), { keyLengths: specials.map(() => 12) })],
])('%s, specials', (_, input) => {
  test.each(kinds)('%s: are where float64 has them, and nowhere else', async (_, run) => {
    const { shape } = input;
    const dy = randomNormal(attentionLengths(shape).y, 3);
    const given = { q: input.q.slice(), k: input.k.slice(), v: input.v.slice(), dy };
    specials.forEach(([name, value], sequence) => {
      const steps = name === 'q' || name === 'dy' ? shape.queries : shape.keys;
      given[name][((sequence * steps + 5) * given[name].length) / (sizes.batch * steps) + 1] = value;
      // What nobody sees.
      const row = shape.headDim * shape.keys;
      if (shape.causal === 0)
        for (const unseen of ['k', 'v'] as const) given[unseen].fill(Number.NaN, sequence * row + 12 * shape.headDim, (sequence + 1) * row);
    });
    const changed = { ...input, q: given.q, k: given.k, v: given.v };
    const out = await run(changed, dy);
    const forward = attentionReference(shape, referenceInput(changed));
    expect(Array.from(out.y, kindOf)).toEqual(Array.from(forward.y, kindOf));
    const { dqkv } = attentionBackwardReference(shape, referenceInput(changed), dy);
    // Whether a gradient is infinite or NaN depends on the order of a sum; whether it is finite does not.
    const finite = (values: ArrayLike<number>): boolean[] => Array.from(values, (x) => Number.isFinite(x));
    expect(finite(withoutGaps(shape, out.dqkv))).toEqual(finite(dqkv));
  });
});

test.each(kinds)('%s: a row whose scores are all −∞ is NaN, one that sees nothing 0', async (_, run) => {
  const input = caseOf(separateAttention({ batch: 2, queries: 3, keys: 4, heads: 1, headDim: 4, causal: 0 }), { keyLengths: [4, 0] });
  const { q, k } = input;
  q.fill(1);
  k.fill(Number.NEGATIVE_INFINITY, 0, 16);
  const { y } = await run(input, new Float32Array(24).fill(1));
  expect(Array.from(y.subarray(0, 12)).every(Number.isNaN)).toBe(true);
  expect(Array.from(y.subarray(12)).every((value) => value === 0)).toBe(true);
});
