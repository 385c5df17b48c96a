import { describe, expect, test } from 'vitest';
import { CoxswainError } from './errors.js';
import {
  type BoxSpace,
  boxSpace,
  checkSpace,
  describeSpace,
  discreteSpace,
  fromLeaves,
  type LeafSpace,
  type LeafValues,
  leafArray,
  leafSize,
  leafValues,
  leavesOf,
  rowsSpace,
  type Space,
} from './spaces.js';

const picture: BoxSpace = { kind: 'box', shape: [8, 8, 3], type: 'u8' };
const body = {
  kind: 'record',
  parts: {
    cells: rowsSpace(80, 5),
    legs: { kind: 'record', parts: { joints: boxSpace([4, 2], { low: -1, high: 1 }), foot: discreteSpace(4) } },
    eye: picture,
  },
} as const;

test('leaves are the parts that are no records, in order, by path', () => {
  expect(leavesOf(body)).toEqual([
    { path: 'cells', space: body.parts.cells },
    { path: 'legs.joints', space: body.parts.legs.parts.joints },
    { path: 'legs.foot', space: body.parts.legs.parts.foot },
    { path: 'eye', space: picture },
  ]);
  expect(leavesOf(picture)).toEqual([{ path: '', space: picture }]);
});

test.each<[LeafSpace, number, new (length: number) => LeafValues]>([
  [discreteSpace(7), 1, Int32Array],
  [rowsSpace(80, 5), 5, Int32Array],
  [boxSpace([4, 2]), 8, Float32Array],
  [boxSpace([]), 1, Float32Array],
  [picture, 192, Uint8Array],
])('a value of %o is %i numbers', (space, size, type) => {
  expect(leafSize(space)).toBe(size);
  expect(leafArray(space, 3)).toHaveLength(3 * size);
  expect(leafArray(space, 3)).toBeInstanceOf(type);
});

test('values and the arrays of their leaves are the same arrays in two forms', () => {
  const arrays: LeafValues[] = leavesOf(body).map(({ space }) => leafArray(space, 2));
  const values = fromLeaves(body, arrays);
  expect(values.cells).toBe(arrays[0]);
  expect(values.legs.joints).toBe(arrays[1]);
  expect(values.legs.foot).toBe(arrays[2]);
  expect(values.eye).toBe(arrays[3]);
  const back = leafValues(body, values);
  expect(back).toHaveLength(arrays.length);
  for (const [i, array] of arrays.entries()) expect(back[i]).toBe(array);
  expect(fromLeaves(picture, [arrays[3]])).toBe(arrays[3]);
  expect(leafValues(picture, arrays[3])).toEqual([arrays[3]]);
});

test('what is missing of values is undefined in its place', () => {
  const cells = new Int32Array(5);
  expect(leafValues(body, { cells })).toEqual([cells, undefined, undefined, undefined]);
  expect(leafValues(body, undefined)).toEqual([undefined, undefined, undefined, undefined]);
});

test.each<[Space, string]>([
  [discreteSpace(7), 'one of 7'],
  [rowsSpace(80, 5), '5 rows of 80'],
  [boxSpace([4, 2]), 'f32 [4, 2]'],
  [picture, 'u8 [8, 8, 3]'],
  [body, '{ cells: 5 rows of 80; legs: { joints: f32 [4, 2]; foot: one of 4 }; eye: u8 [8, 8, 3] }'],
])('%o in words', (space, words) => {
  expect(describeSpace(space)).toBe(words);
});

describe('checkSpace', () => {
  test.each<Space>([
    body,
    boxSpace([], { low: 0 }),
    boxSpace([3], { high: -1 }),
    { ...rowsSpace(3, 1), startSpread: Float32Array.of(0, -1, 0.5) },
  ])('takes %o', (space) => {
    expect(() => checkSpace(space, 'observation')).not.toThrow();
  });

  const box = boxSpace([3]);
  const rows = rowsSpace(3, 1);
  test.each<[string, Space, string]>([
    ['a record of nothing', { kind: 'record', parts: {} }, 'observation: a record of nothing, expected at least one part'],
    ['none of zero', discreteSpace(0), 'observation.count: 0, expected a positive integer'],
    ['part of a class', discreteSpace(2.5), 'observation.count: 2.5, expected a positive integer'],
    ['no rows', rowsSpace(0, 1), 'observation.rows: 0, expected a positive integer'],
    ['NaN slots', rowsSpace(3, Number.NaN), 'observation.slots: NaN, expected a positive integer'],
    ['a shape of zero', boxSpace([2, 0]), 'observation.shape: [2,0], expected positive integers'],
    ['a shape of a half', boxSpace([0.5]), 'observation.shape: [0.5], expected positive integers'],
    ['another type', { ...box, type: 'f64' as 'f32' }, 'observation.type: f64, expected f32 or u8'],
    ['a low of NaN', { ...box, low: Number.NaN }, 'observation.low: NaN, expected a finite number, or none'],
    ['a high of NaN', { ...box, high: Number.NaN }, 'observation.high: NaN, expected a finite number, or none'],
    ['an infinite low', { ...box, low: -Infinity }, 'observation.low: -Infinity, expected a finite number, or none'],
    ['an infinite high', { ...box, high: Infinity }, 'observation.high: Infinity, expected a finite number, or none'],
    ['low above high', boxSpace([3], { low: 2, high: 1 }), 'observation.low: 2, expected less than high (1)'],
    ['low at high', boxSpace([3], { low: 1, high: 1 }), 'observation.low: 1, expected less than high (1)'],
    [
      'a spread of another length',
      { ...rows, startSpread: new Float32Array(2) },
      'observation.startSpread: 2 numbers, expected 3, one for each row',
    ],
    [
      'a spread of NaN',
      { ...rows, startSpread: Float32Array.of(0, Number.NaN, 1) },
      'observation.startSpread: NaN, expected finite numbers',
    ],
    ['a spread below −1', { ...rows, startSpread: Float32Array.of(0, -2, 1) }, 'observation.startSpread: -2, expected finite numbers'],
    ['another kind', { kind: 'sphere' } as unknown as Space, 'observation.kind: sphere, expected discrete, rows, box or record'],
    [
      'a fault inside records',
      { kind: 'record', parts: { legs: { kind: 'record', parts: { foot: discreteSpace(-1) } } } },
      'observation.legs.foot.count: -1, expected a positive integer',
    ],
  ])('refuses %s by name', (_, space, words) => {
    let error: unknown;
    try {
      checkSpace(space, 'observation');
    } catch (found) {
      error = found;
    }
    expect(error).toBeInstanceOf(CoxswainError);
    expect((error as CoxswainError).code).toBe('bad-space');
    expect((error as CoxswainError).message).toContain(words);
    expect((error as CoxswainError).remedy).toContain('observation');
  });
});
