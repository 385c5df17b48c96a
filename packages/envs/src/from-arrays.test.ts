import { leafValues, leavesOf } from '@coxswain/base';
import { expect, test } from 'vitest';
import { type NamedArray, pointPads, trajectoriesFromArrays } from './index.js';
import { demonstrationsOf } from './testing/demonstrations.js';
import { lampCorridor } from './testing/lamp-corridor.js';

type Arrays = Map<string, NamedArray>;

const T = 60;
const pads = pointPads.spaces(pointPads.settings.parse({}) as never);
const corridor = lampCorridor.spaces(lampCorridor.settings.parse({}) as never);

/** What a world's demonstrations would be in a file. */
function arraysOf(definition: typeof pointPads, horizon: number): Arrays {
  const data = demonstrationsOf(definition, {}, { count: 4, seed: 2, noise: 0.1, horizon });
  const episodes = [0, 1, 2, 3];
  const arrays: Arrays = new Map([['length', { shape: [4], data: data.length }]]);
  for (const [what, space, steps, values] of [
    ['observation', data.observationSpace, horizon + 1, data.observe(episodes, horizon)],
    ['action', data.actionSpace, horizon, data.actions(episodes, horizon)],
  ] as const)
    leavesOf(space).forEach(({ path, space: leaf }, i) => {
      const sides = leaf.kind === 'box' ? leaf.shape : leaf.kind === 'rows' ? [leaf.slots] : [];
      arrays.set(path ? `${what}.${path}` : what, { shape: [4, steps, ...sides], data: leafValues(space, values)[i]! });
    });
  arrays.set('event', { shape: [4, horizon], data: data.event! });
  arrays.set('goal', { shape: [4, horizon], data: data.goal! });
  return arrays;
}

test.each([
  ['records of boxes', pointPads, pads, T],
  ['rows and discrete actions', lampCorridor, corridor, 20],
] as const)('%s come back from their arrays', (_, definition, spaces, horizon) => {
  const data = demonstrationsOf(definition, {}, { count: 4, seed: 2, noise: 0.1, horizon });
  const read = trajectoriesFromArrays(arraysOf(definition, horizon), spaces);
  expect(read.observe([3, 1], horizon)).toEqual(data.observe([3, 1], horizon));
  expect(read.actions([3, 1], horizon)).toEqual(data.actions([3, 1], horizon));
  expect(read.event).toEqual(data.event);
  expect(read.goal).toEqual(data.goal);
  expect(read.length).toEqual(data.length);
});

test("with the world's views they can be turned, and say what follows", () => {
  const data = demonstrationsOf(pointPads, {}, { count: 4, seed: 2, noise: 0.1, horizon: T });
  const views = pointPads.views!(pointPads.settings.parse({}) as never);
  const read = trajectoriesFromArrays(arraysOf(pointPads, T), pads, views);
  expect(read.observe([2, 0], T, [3, 6])).toEqual(data.observe([2, 0], T, [3, 6]));
  expect(read.predicted!([2, 0], T)).toEqual(data.predicted!([2, 0], T));
  const unturned = trajectoriesFromArrays(arraysOf(pointPads, T), pads);
  expect(unturned.predicted).toBeUndefined();
  expect(() => unturned.observe([0], T, [1])).toThrow(expect.objectContaining({ code: 'bad-argument' }));
});

test('labels may be missing', () => {
  const arrays = arraysOf(pointPads, T);
  arrays.delete('goal');
  arrays.delete('event');
  const read = trajectoriesFromArrays(arrays, pads);
  expect(read.goal).toBeUndefined();
  expect(read.event).toBeUndefined();
});

/** Changes an array, its numbers or its shape. */
const changed = (arrays: Arrays, name: string, change: (array: { shape: number[]; data: number[] }) => void): void => {
  const array = { shape: [...arrays.get(name)!.shape], data: Array.from(arrays.get(name)!.data) };
  change(array);
  arrays.set(name, array);
};

const bad: [what: string, message: string, spoil: (arrays: Arrays) => void][] = [
  ['no lengths', 'array length: missing', (arrays) => arrays.delete('length')],
  ['a leaf missing', 'array observation.velocity: missing', (arrays) => arrays.delete('observation.velocity')],
  ['ragged data', 'array action: 470 numbers; expected 480', (arrays) => changed(arrays, 'action', ({ data }) => void data.splice(0, 10))],
  [
    'too few observations',
    'array observation.position: shape [4, 60, 2]; expected [4, 61, 2]',
    (arrays) => arrays.set('observation.position', { shape: [4, T, 2], data: new Float32Array(8 * T) }),
  ],
  [
    'another number of episodes',
    'array goal: shape [3, 60]; expected [4, 60]',
    (arrays) => arrays.set('goal', { shape: [3, T], data: new Int32Array(3 * T) }),
  ],
  [
    'a length beyond the horizon',
    'array length: 61 steps of episode 1; expected an integer from 1 to 60',
    (arrays) =>
      changed(arrays, 'length', ({ data }) => {
        data[1] = 61;
      }),
  ],
  [
    'a number that is none',
    'array observation.position: NaN in episode 0, step 1; expected finite numbers from -1 to 1',
    (arrays) =>
      changed(arrays, 'observation.position', ({ data }) => {
        data[3] = Number.NaN;
      }),
  ],
  [
    'a number out of bounds',
    'array observation.position: 2 in episode 0, step 0; expected',
    (arrays) =>
      changed(arrays, 'observation.position', ({ data }) => {
        data[0] = 2;
      }),
  ],
  [
    'an infinite action',
    'array action: Infinity in episode 0, step 0; expected',
    (arrays) =>
      changed(arrays, 'action', ({ data }) => {
        data[0] = Number.POSITIVE_INFINITY;
      }),
  ],
  [
    'an event that is not there',
    'array event: 4 in episode 0, step 0; expected −1 or an event from 0 to 3',
    (arrays) =>
      changed(arrays, 'event', ({ data }) => {
        data[0] = 4;
      }),
  ],
  ['a name unknown', 'array actions: an array of a name unknown here', (arrays) => arrays.set('actions', { shape: [1], data: [0] })],
];

test.each(bad)('%s: refused', (_, message, spoil) => {
  const arrays = arraysOf(pointPads, T);
  spoil(arrays);
  const expected = { code: 'bad-demonstrations', message: expect.stringContaining(message) };
  expect(() => trajectoriesFromArrays(arrays, pads)).toThrow(expect.objectContaining(expected));
});

test('an action of a class that is not there is refused', () => {
  const arrays = arraysOf(lampCorridor, 20);
  changed(arrays, 'action', ({ data }) => {
    data[0] = 2;
  });
  const expected = {
    code: 'bad-demonstrations',
    message: expect.stringContaining('array action: 2 in episode 0, step 0; expected integers from 0 to 1'),
  };
  expect(() => trajectoriesFromArrays(arrays, corridor)).toThrow(expect.objectContaining(expected));
});

test('actions beyond the bounds are kept: they were recorded before the world clipped them', () => {
  const arrays = arraysOf(pointPads, T);
  changed(arrays, 'action', ({ data }) => {
    data[0] = 1.5;
  });
  expect((trajectoriesFromArrays(arrays, pads).actions([0], 1) as never as Float32Array)[0]).toBe(1.5);
});
