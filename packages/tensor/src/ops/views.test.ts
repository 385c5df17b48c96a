import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Device } from '../device.js';
import { requestDevice } from '../node.js';
import { type Dimensions, sizeOf, type Tensor } from '../tensor.js';
import { gradientErrors } from '../testing/gradient-check.js';
import { flip, mul, pad, permute, repeat, split, squeeze, stack, stridedSlice, sum, tile, transpose, unsqueeze } from './index.js';

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

/**
 * What a tensor of `shape` holds whose element at `place` is that of a counting tensor at `from(place)`; `outside`
 * where there is none.
 */
function expected(shape: Dimensions, source: Dimensions, from: (place: number[]) => number[], outside = 0): number[] {
  return Array.from({ length: sizeOf(shape) }, (_, i) => {
    let rest = i;
    const place = shape.map(() => 0);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place[axis] = rest % shape[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    const at = from(place);
    if (at.some((n, axis) => n < 0 || n >= source[axis])) return outside;
    return at.reduce((sum, n, axis) => sum * source[axis] + n, 0);
  });
}

const shapes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 });

test('every permutation, flip, repetition and padding is that of the definition', async () => {
  const given = shapes.chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      order: fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }),
      flipped: fc.subarray([...shape.keys()], { minLength: 1 }),
      times: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: shape.length, maxLength: shape.length }),
      margins: fc.array(fc.tuple(fc.integer({ min: -1, max: 3 }), fc.integer({ min: 0, max: 2 })), {
        minLength: shape.length,
        maxLength: shape.length,
      }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(given, async ({ shape, order, flipped, times, margins }) => {
      using _scope = device.scope();
      const x = device.tensor(count(sizeOf(shape)), shape);
      const check = async (out: Tensor, from: (place: number[]) => number[], outside = 0): Promise<void> => {
        expect(Array.from(await out.read())).toEqual(expected(out.shape, shape, from, outside));
      };
      await check(permute(x, order), (place) => order.map((_, axis) => place[order.indexOf(axis)]));
      await check(flip(x, ...flipped), (place) => place.map((n, axis) => (flipped.includes(axis) ? shape[axis] - 1 - n : n)));
      await check(tile(x, times), (place) => place.map((n, axis) => n % shape[axis]));
      await check(repeat(x, times), (place) => place.map((n, axis) => Math.floor(n / times[axis])));
      await check(pad(x, margins, -7), (place) => place.map((n, axis) => n - margins[axis][0]), -7);
    }),
    { numRuns: 40, seed: 1 },
  );
});

test('slices in steps are those of Python', async () => {
  const given = fc.tuple(
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: -3, max: 3 }).filter((n) => n !== 0),
    fc.nat(8),
    fc.nat(9),
  );
  await fc.assert(
    fc.asyncProperty(given, async ([length, step, first, reach]) => {
      using _scope = device.scope();
      const from = first % length;
      const to = step > 0 ? Math.min(length, from + reach) : Math.max(-1, from - reach);
      const x = device.tensor(count(2 * length * 3), [2, length, 3]);
      const out = stridedSlice(x, 1, from, to, step);
      expect(Array.from(await out.read())).toEqual(expected(out.shape, x.shape, ([a, b, c]) => [a, from + b * step, c]));
    }),
    { numRuns: 40, seed: 2 },
  );
});

test('gradients agree with differences', async () => {
  const views: ((x: Tensor) => Tensor)[] = [
    (x) => permute(x, [2, 0, 1]),
    (x) => transpose(x),
    (x) => flip(x, 0, -1),
    (x) => stridedSlice(x, 1, 3, -1, -2),
    (x) => stridedSlice(x, 2, 1, 5, 3),
    (x) => tile(x, [2, 3]),
    (x) => repeat(x, [2, 1, 3]),
    (x) =>
      pad(
        x,
        [
          [1, -1],
          [0, 2],
        ],
        3,
      ),
    (x) => stack([x, flip(x), x], 1),
    (x) => squeeze(unsqueeze(split(x, 2, 2)[1], 1)),
  ];
  for (const [i, view] of views.entries()) {
    const errors = await gradientErrors(device, { x: { data: wave(60, 0), shape: [3, 4, 5] } }, ({ x }) => {
      const out = view(x);
      return sum(mul(mul(out, out), device.tensor(wave(out.size, 3), out.shape)));
    });
    expect(errors.x, `view ${i}`).toBeLessThan(5e-3);
  }
});

test('integers keep their bits, nothing stays nothing', async () => {
  using _scope = device.scope();
  const x = device.tensor(Int32Array.of(-1, 2147483647, -2147483648, 7), [2, 2]);
  const [turned, padded] = await device.read([transpose(x), pad(x, [[1, 0]], -9)]);
  expect(turned).toEqual(Int32Array.of(-1, -2147483648, 2147483647, 7));
  expect(padded).toEqual(Int32Array.of(-9, -1, 2147483647, -9, -2147483648, 7));
  expect(permute(device.zeros([0, 3]), [1, 0]).shape).toEqual([3, 0]);
  expect(Array.from(await pad(device.zeros([0]), [[1, 1]], 2).read())).toEqual([2, 2]);
  expect(split(device.zeros([5]), 2).map(({ size }) => size)).toEqual([2, 2, 1]);
  const leaf = device.tensor(count(4), [2, 2]).requireGradient();
  expect(stridedSlice(leaf, 0, 1, 1, 1).shape).toEqual([0, 2]);
});

test('what does not fit is refused', () => {
  using _scope = device.scope();
  const x = device.zeros([2, 3]);
  expect(() => permute(x, [0, 0])).toThrow('every axis once');
  expect(() => permute(x, [0])).toThrow('every axis once');
  expect(() => permute(device.zeros([2, 2, 2, 2, 2, 2, 2]), [6, 5, 4, 3, 2, 1, 0])).toThrow('7 separate axes');
  expect(() => flip(x, 2)).toThrow('axis 2');
  expect(() => stridedSlice(x, 1, 0, 3, 0)).toThrow('by 0');
  expect(() => stridedSlice(x, 1, 0, 4, 1)).toThrow('elements inside');
  expect(() =>
    pad(x, [
      [0, 0],
      [0, 0],
      [0, 0],
    ]),
  ).toThrow('margins');
  expect(() => pad(x, [[-2, -2]])).toThrow('something left');
  expect(() => pad(device.zeros([2], 'u32'), [[1, 1]], -1)).toThrow('value -1');
  expect(() => tile(x, [1, 1, 1])).toThrow('at most 2');
  expect(() => repeat(x, [-1])).toThrow('repeat');
  expect(() => squeeze(x, 0)).toThrow('length 1');
  expect(() => stack([])).toThrow('no tensors');
  expect(() => stack([x, device.zeros([3, 2])])).toThrow('one shape');
  expect(() => split(x, [1, 1], 1)).toThrow('add up to 3');
});
