import { describe, expect, test } from 'vitest';
import { type Data, poison, randomNormal, relativeError, runKernel } from '../testing/harness.js';
import { mismatches, SPECIALS } from '../testing/specials.js';
import {
  type BinaryKernel,
  binary,
  binaryBackward,
  broadcastFields,
  broadcastShape,
  operandFields,
  PAIRS,
  type PairName,
  type Scalar,
  where,
} from './index.js';
import { binaryBackwardReference, binaryReference, whereReference } from './reference.js';

const families = ['software', 'gpu'] as const;
const names = Object.keys(PAIRS) as PairName[];
const kernelOf = (name: PairName, element: Scalar): BinaryKernel => (binary[name] as Record<Scalar, BinaryKernel>)[element];
const size = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);
const ARRAYS = { f32: Float32Array, i32: Int32Array, u32: Uint32Array };
/** What a launch wrote, as numbers of a dtype. */
const seenAs = (out: Float32Array, scalar: Scalar): number[] => Array.from(new ARRAYS[scalar](out.buffer as ArrayBuffer));

const shapes: [number[], number[]][] = [
  [[1001], [1001]],
  [
    [5, 7, 3],
    [5, 7, 3],
  ],
  [[37, 52], [52]],
  [
    [37, 52],
    [37, 1],
  ],
  [[52], [37, 52]],
  [
    [3, 37, 8],
    [3, 37, 1],
  ],
  [
    [3, 1, 8],
    [1, 37, 1],
  ],
  [
    [2, 1, 5, 1],
    [1, 3, 1, 70],
  ],
  [[], [3, 5]],
  [[1], [1, 1]],
  [[130, 3], [1]],
  [[301, 64], [64]],
  [[3, 5001], [1]],
  [
    [2, 33, 36],
    [2, 1, 36],
  ],
  [
    [2, 3, 4, 5, 6],
    [4, 1, 1],
  ],
];

/** Operands of which some tie; away from 0, for division. */
function operandsOf(aShape: number[], bShape: number[]): [Float32Array, Float32Array] {
  const a = randomNormal(size(aShape), 3);
  const b = randomNormal(size(bShape), 4).map((value) => value + 0.25 * Math.sign(value));
  a.set(b.subarray(0, Math.min(a.length, b.length, 3)));
  return [a, b];
}

describe.each(families)('%s', (family) => {
  describe.each(names)('%s', (name) => {
    const [element] = PAIRS[name].elements;

    test.each(shapes)('[%j] with [%j]', async (aShape, bShape) => {
      const [x, y] = operandsOf(aShape, bShape);
      const [a, b] = element === 'f32' ? [x, y] : [x, y].map((data) => Uint32Array.from(data, (value) => (value > 0 ? 1 : 0)));
      const shape = broadcastFields(aShape, bShape);
      const { out } = await runKernel(
        kernelOf(name, element),
        shape,
        { a, b, out: poison(size(broadcastShape(aShape, bShape))) },
        { family },
      );
      const seen = PAIRS[name].mask ? seenAs(out, 'u32') : out;
      expect(relativeError(seen, binaryReference(name, shape, a, b))).toBeLessThanOrEqual(1e-6);
    });

    test.skipIf(element !== 'f32').each([4, 3])('every two specials, rows of a multiple of %i', async (multiple) => {
      const numbers = Float32Array.from(SPECIALS.slice(0, SPECIALS.length - (SPECIALS.length % 4) - (4 - multiple)));
      const [a, b] = [numbers.length, 1].map((repeat, k) =>
        Float32Array.from({ length: numbers.length ** 2 }, (_, i) => numbers[k === 0 ? Math.floor(i / repeat) : i % numbers.length]),
      );
      const shape = broadcastFields([a.length], [a.length]);
      const { out } = await runKernel(kernelOf(name, 'f32'), shape, { a, b, out: poison(a.length) }, { family });
      const of = (i: number): string => `${name}(${a[i]}, ${b[i]})`;
      expect(mismatches(PAIRS[name].mask ? seenAs(out, 'u32') : out, binaryReference(name, shape, a, b), of)).toEqual([]);
    });

    test.skipIf(!PAIRS[name].elements.includes('i32')).each(['i32', 'u32'] as const)('of %s, modulo 2³²', async (dtype) => {
      const numbers = [0, 1, -1, 2, 7, 2147483647, -2147483648, 65536, -65537];
      const all = numbers.flatMap((a) => numbers.map((b) => [a, b]));
      const [a, b] = [0, 1].map((k) => ARRAYS[dtype].from(all.map((both) => both[k])));
      const shape = broadcastFields([a.length], [a.length]);
      const { out } = await runKernel(kernelOf(name, dtype), shape, { a, b, out: poison(a.length) }, { family });
      const wrapped = (i: number): number => {
        if (name === 'mul') return Math.imul(a[i], b[i]);
        return Number(PAIRS[name].f(a[i], b[i]));
      };
      const to = PAIRS[name].mask ? 'u32' : dtype;
      expect(seenAs(out, to)).toEqual(Array.from(a, (_, i) => (to === 'u32' ? wrapped(i) >>> 0 : wrapped(i) | 0)));
    });
  });

  describe.each(names.filter((name) => PAIRS[name].gradients))('gradients of %s', (name) => {
    const launch = async (given: Readonly<Record<'g' | 'a' | 'b', Float32Array>>, of: Readonly<Record<'g' | 'a' | 'b', number[]>>) => {
      const out: Float32Array[] = [];
      for (const { reads, kernel } of binaryBackward[name] ?? []) {
        const pick = <Each>(all: Readonly<Record<'g' | 'a' | 'b', Each>>) =>
          Object.fromEntries(reads.map((operand) => [operand, all[operand]])) as Record<'g' | 'a' | 'b', Each>;
        const buffers: Record<string, Data> = pick(given);
        out.push((await runKernel(kernel, operandFields(pick(of)), { ...buffers, out: poison(size(of.g)) }, { family })).out);
      }
      return out;
    };

    test.each(shapes.filter((_, i) => i % 3 !== 1))('[%j] with [%j]', async (aShape, bShape) => {
      const [a, b] = operandsOf(aShape, bShape);
      const g = randomNormal(size(broadcastShape(aShape, bShape)), 9);
      const of = { g: broadcastShape(aShape, bShape), a: aShape, b: bShape };
      const out = await launch({ g, a, b }, of);
      const expected = binaryBackwardReference(name, operandFields(of), g, a, b);
      out.forEach((gradient, k) => {
        expect(relativeError(gradient, expected[k])).toBeLessThanOrEqual(1e-6);
      });
    });

    test('every two specials', async () => {
      const all = SPECIALS.flatMap((a) => SPECIALS.map((b) => [a, b]));
      const [a, b] = [0, 1].map((k) => Float32Array.from(all.map((both) => both[k])));
      const g = new Float32Array(a.length).fill(1);
      const shape = [a.length];
      const out = await launch({ g, a, b }, { g: shape, a: shape, b: shape });
      const expected = binaryBackwardReference(name, operandFields({ g: shape, a: shape, b: shape }), g, a, b);
      // Where a quotient on the way leaves f32, float64 goes on with a number that is none here: those are left out.
      const inRange = (i: number): boolean => name !== 'div' || !beyond(a[i] / b[i]);
      out.forEach((gradient, k) => {
        const kept = [...gradient.keys()].filter(inRange);
        const faults = mismatches(
          kept.map((i) => gradient[i]),
          kept.map((i) => expected[k][i]),
          (i) => `${name}(${a[kept[i]]}, ${b[kept[i]]})`,
        );
        expect(faults).toEqual([]);
      });
    });
  });

  test.each(['f32', 'i32', 'u32'] as const)('where of %s', async (dtype) => {
    for (const [conditionShape, aShape, bShape] of [
      [[1001], [1001], [1001]],
      [[37, 1], [37, 52], [52]],
      [[3, 1, 8], [1, 5, 1], []],
      [[4], [6, 4], [6, 1]],
    ]) {
      const of = { condition: conditionShape, a: aShape, b: bShape };
      const shape = operandFields(of);
      const condition = Uint32Array.from(randomNormal(size(conditionShape), 1), (value) => (value > 0 ? 3 : 0));
      const [a, b] = [aShape, bShape].map((axes, k) => ARRAYS[dtype].from(randomNormal(size(axes), 5 + k, 100)));
      const count = shape.n0 * shape.n1 * shape.n2 * shape.n3;
      const { out } = await runKernel(where[dtype], shape, { condition, a, b, out: poison(count) }, { family });
      expect(seenAs(out, dtype)).toEqual(Array.from(whereReference(shape, condition, a, b)));
    }
  });
});

const beyond = (quotient: number): boolean => {
  const size = Math.abs(quotient);
  return Number.isFinite(quotient) && size > 0 && (size > 3.4e38 || size < 1.2e-38);
};

test('where keeps NaN and infinity on both sides, and lets none through from the other', async () => {
  const condition = Uint32Array.of(1, 0, 1, 0);
  const a = Float32Array.of(Number.NaN, Number.NaN, Number.POSITIVE_INFINITY, 1);
  const b = Float32Array.of(1, 2, Number.NaN, Number.NEGATIVE_INFINITY);
  const shape = operandFields({ condition: [4], a: [4], b: [4] });
  const { out } = await runKernel(where.f32, shape, { condition, a, b, out: poison(4) });
  expect(Array.from(out)).toEqual([Number.NaN, 2, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
});

test('same-shape operands are one axis', () => {
  expect(broadcastFields([4, 5, 6], [4, 5, 6])).toMatchObject({ n0: 1, n1: 1, n2: 1, n3: 120, a3: 1, b3: 1 });
});

test('a wide broadcast agrees with numpy by hand', async () => {
  const shape = broadcastFields([2, 1], [1, 3]);
  const { out } = await runKernel(binary.sub.f32, shape, { a: Float32Array.of(10, 20), b: Float32Array.of(1, 2, 3), out: poison(6) });
  expect(Array.from(out)).toEqual([9, 8, 7, 19, 18, 17]);
});

test('shapes that do not fit are refused by name', () => {
  expect(() => broadcastShape([3, 4], [5])).toThrow('shapes [3,4] and [5] do not broadcast together');
  expect(() => broadcastFields([2, 1, 2, 1, 2], [1, 2, 1, 2, 1])).toThrow('at most 4');
});

test.each([...names.map((name) => kernelOf(name, PAIRS[name].elements[0])), where.f32])('$name says how long its buffers are', (kernel) => {
  const fields = operandFields({ condition: [3, 1], a: [3, 8], b: [8] });
  const lengths = kernel.lengths?.(fields as never, { family: 'software', f16: false });
  expect(lengths).toMatchObject({ a: 24, b: 8, out: 24 });
});
