import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Device } from '../device.js';
import { requestDevice } from '../node.js';
import type { Tensor } from '../tensor.js';
import { gradientErrors } from '../testing/gradient-check.js';
import {
  any,
  argmax,
  argsort,
  besidePrevious,
  concat,
  cummax,
  cumsum,
  expand,
  flip,
  gatherRows,
  gatherRowsOf,
  indexSelect,
  logSumExp,
  max,
  mean,
  mul,
  permute,
  scatterRowsOf,
  selectRows,
  slice,
  sort,
  split,
  squeeze,
  stack,
  stridedSlice,
  sum,
  takeAlongAxis,
  topK,
  transpose,
  unsqueeze,
  variance,
} from './index.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

const wave = (n: number, phase: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 1.7 + phase) + 0.1);
const count = (n: number): Float32Array => Float32Array.from({ length: n }, (_, i) => i);

test('values of a slice, a concatenation and an expansion', async () => {
  using _scope = device.scope();
  const x = device.tensor(count(12), [2, 3, 2]);
  expect(Array.from(await slice(x, 1, 1, 3).read())).toEqual([2, 3, 4, 5, 8, 9, 10, 11]);
  const joined = concat([slice(x, 2, 1, 2), x], 2);
  expect(joined.shape).toEqual([2, 3, 3]);
  expect(Array.from(await joined.read())).toEqual([1, 0, 1, 3, 2, 3, 5, 4, 5, 7, 6, 7, 9, 8, 9, 11, 10, 11]);
  const column = device.tensor(count(2), [2, 1]);
  expect(Array.from(await expand(column, [2, 3], 2).read())).toEqual([0, 0, 0, 2, 2, 2]);
});

test('integers are sliced as integers', async () => {
  using _scope = device.scope();
  const [data] = await device.read([slice(device.tensor(Int32Array.of(-1, 7, -2147483648, 3)), 0, 0, 3)]);
  expect(data).toEqual(Int32Array.of(-1, 7, -2147483648));
});

test('rows by number, zeros past the end', async () => {
  using _scope = device.scope();
  const x = device.tensor(count(6), [3, 2]);
  expect(Array.from(await gatherRows(x, device.tensor(Uint32Array.of(2, 9, 0))).read())).toEqual([4, 5, 0, 0, 0, 1]);
});

test('selected rows: the gradient goes back to where they came from, and rows that were not selected have none', async () => {
  const [index, back] = [Uint32Array.of(3, 99, 0), Uint32Array.of(2, 99, 99, 0)];
  const errors = await gradientErrors(device, { x: { data: wave(8, 0), shape: [4, 2] } }, ({ x }) => {
    const out = selectRows(x, device.tensor(index), device.tensor(back));
    return sum(mul(out, device.tensor(wave(6, 2), [3, 2])));
  });
  for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-3);
  using _scope = device.scope();
  const x = device.tensor(count(8), [4, 2]);
  expect(Array.from(await selectRows(x, device.tensor(index), device.tensor(back)).read())).toEqual([6, 7, 0, 0, 0, 1]);
  expect(() => selectRows(x, device.tensor(index), device.tensor(index))).toThrow('one for each of its 4 rows');
});

test.each([0, 1, 2])('gradients of slices put together along axis %i agree with differences', async (axis) => {
  const shape = [3, 4, 5];
  const errors = await gradientErrors(device, { x: { data: wave(60, 0), shape }, y: { data: wave(60, 1), shape } }, ({ x, y }) => {
    const out = concat([slice(x, axis, 1, 3), y, slice(x, axis, 0, 2)], axis);
    return sum(mul(out, device.tensor(wave(out.size, 2), out.shape)));
  });
  for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-3);
});

test('ranges and shapes that do not fit are refused', () => {
  using _scope = device.scope();
  const x = device.zeros([2, 3]);
  expect(() => slice(x, 1, 2, 4)).toThrow('slice');
  expect(() => concat([x, device.zeros([2, 4])], 0)).toThrow('concat');
});

test('each step beside the one before it, with its gradients', async () => {
  const errors = await gradientErrors(
    device,
    { x: { data: wave(2 * 4 * 3, 0), shape: [2, 4, 3] }, h: { data: wave(2 * 5 * 2, 1), shape: [2, 5, 2] } },
    ({ x, h }) => {
      const both = besidePrevious(x, h, 3);
      expect(both.shape).toEqual([2, 3, 5]);
      return sum(mul(both, mul(both, both)));
    },
  );
  for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-3);
  using _scope = device.scope();
  const [x, h] = [device.tensor(count(4), [1, 2, 2]), device.tensor(count(1), [1, 1, 1])];
  expect(Array.from(await besidePrevious(x, h).read())).toEqual([0, 1, 0, 2, 3, 0]);
  expect(() => besidePrevious(x, h, 3)).toThrow('besidePrevious');
});

test('rows of several tensors, out and back in', async () => {
  using _scope = device.scope();
  const [a, b] = [device.tensor(count(8), [4, 2]), device.tensor(Uint32Array.of(7, 8, 9, 10))];
  const index = device.tensor(Uint32Array.of(2, 9, 0));
  const [ofA, ofB] = gatherRowsOf([a, b], index);
  expect(Array.from(await ofA.read())).toEqual([4, 5, 0, 0, 0, 1]);
  scatterRowsOf(
    [
      [device.tensor(Float32Array.of(-1, -2, -3, -4, -5, -6), [3, 2]), a],
      [ofB, b],
    ],
    index,
  );
  expect(Array.from(await a.read())).toEqual([-5, -6, 2, 3, -1, -2, 6, 7]);
  expect(Array.from(await b.read())).toEqual([7, 8, 9, 10]);
  expect(() => gatherRowsOf([a, device.tensor(count(3))], index)).toThrow('gatherRowsOf');
  expect(() => gatherRowsOf([a, a, a, a], index)).toThrow('gatherRowsOf');
  expect(() => scatterRowsOf([[ofA, b]], index)).toThrow('scatterRowsOf');
});

test('an axis counted from the last is the one counted from 0, in every operation that takes one', async () => {
  using _scope = device.scope();
  const x = device.tensor(wave(24, 0), [2, 3, 4]);
  const index = device.tensor(Uint32Array.of(1, 0));
  const places = device.zeros([2, 3, 4], 'u32');
  const along: Readonly<Record<string, (axis: number) => Tensor | readonly Tensor[]>> = {
    ...{ slice: (axis) => slice(x, axis, 0, 1), concat: (axis) => concat([x, x], axis), split: (axis) => split(x, 2, axis) },
    ...{ sum: (axis) => sum(x, axis), mean: (axis) => mean(x, axis), variance: (axis) => variance(x, axis) },
    ...{ max: (axis) => max(x, axis), argmax: (axis) => argmax(x, axis), any: (axis) => any(x, axis) },
    ...{ logSumExp: (axis) => logSumExp(x, axis), cumsum: (axis) => cumsum(x, axis), cummax: (axis) => cummax(x, axis) },
    ...{ sort: (axis) => sort(x, axis).values, argsort: (axis) => argsort(x, axis), topK: (axis) => topK(x, 2, axis).values },
    ...{ takeAlongAxis: (axis) => takeAlongAxis(x, places, axis), indexSelect: (axis) => indexSelect(x, index, axis) },
    ...{ flip: (axis) => flip(x, axis), stridedSlice: (axis) => stridedSlice(x, axis, 0, 2, 2) },
    ...{ transpose: (axis) => transpose(x, axis, 0), permute: (axis) => permute(x, [axis, (axis + 4) % 3, (axis + 5) % 3]) },
    squeeze: (axis) => squeeze(slice(x, axis, 0, 1), axis),
  };
  // One more axis in the result than there was.
  const beside = { unsqueeze: (axis: number) => unsqueeze(x, axis), stack: (axis: number) => stack([x, x], axis) };
  const valuesOf = async (made: Tensor | readonly Tensor[]) => {
    const list = [made].flat() as Tensor[];
    return { shapes: list.map(({ shape }) => shape), values: await device.read(list) };
  };
  for (const [rank, operations] of [
    [3, along],
    [4, beside],
  ] as const)
    for (const [name, operation] of Object.entries(operations))
      for (let axis = 0; axis < rank; axis++)
        expect(await valuesOf(operation(axis - rank)), `${name} ${axis}`).toEqual(await valuesOf(operation(axis)));
});
