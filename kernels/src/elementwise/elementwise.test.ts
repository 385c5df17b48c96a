import { describe, expect, test } from 'vitest';
import { poison, randomNormal, randomUniform, relativeError, runKernel } from '../testing/harness.js';
import { mismatches, SPECIALS, type Tolerance } from '../testing/specials.js';
import { CASTS, type CastName, casts, FUNCTIONS, type FunctionName, functionRow, gradientReads, unary, unaryBackward } from './index.js';
import { unaryBackwardReference, unaryReference } from './reference.js';

const names = Object.keys(FUNCTIONS) as FunctionName[];
const families = ['software', 'gpu'] as const;
const positive = (count: number, seed: number): Float32Array => Float32Array.from(randomUniform(count, seed), (u) => 0.1 + 3 * u);
const needsPositive: readonly string[] = ['log', 'log1p', 'sqrt', 'rsqrt', 'reciprocal', 'pow'];

/** What the ends of the range cost in digits: sine and cosine of large numbers, tanh near 0, what is taken from 1. */
function tolerance(name: FunctionName, x: number): Tolerance {
  if (name === 'sin' || name === 'cos') return { absolute: 1e-6 + 1e-7 * Math.abs(x) };
  if (name === 'tanh') return { relative: 1e-6, absolute: 1e-7 };
  return { relative: 1e-5, absolute: 1e-6 };
}

async function both(name: FunctionName, x: Float32Array, dout: Float32Array, a: number, b: number, family: 'software' | 'gpu') {
  const shape = { count: x.length, a, b };
  const { out } = await runKernel(unary[name], shape, { x, out: poison(x.length) }, { family });
  const saved = gradientReads(functionRow(name)) === 'output' ? out : x;
  const { dx } = await runKernel(unaryBackward[name], shape, { saved, dout, dx: poison(x.length) }, { family });
  return { shape, out, dx };
}

describe.each(families)('%s', (family) => {
  describe.each(names)('%s', (name) => {
    test.each([1, 63, 64, 1001, 70_000])('%i elements, forward and backward', async (count) => {
      const x = needsPositive.includes(name) ? positive(count, 1) : randomNormal(count, 1, 2);
      const dout = randomNormal(count, 2);
      const { shape, out, dx } = await both(name, x, dout, -0.5, 0.75, family);
      expect(relativeError(out, unaryReference(name, shape, x))).toBeLessThanOrEqual(1e-5);
      expect(relativeError(dx, unaryBackwardReference(name, shape, x, dout))).toBeLessThanOrEqual(1e-5);
    });

    test.each([SPECIALS.length, SPECIALS.length - 1])('specials, %i of them', async (count) => {
      const x = Float32Array.from(SPECIALS.slice(0, count));
      const dout = new Float32Array(count).fill(1);
      for (const [a, b] of functionRow(name).parameters
        ? [
            [-0.5, 0.75],
            [2, 0.5],
            [3, 3],
            [0, 1],
            [1.5, -2],
            [0.5, 0.6],
          ]
        : [[0, 0]]) {
        const { shape, out, dx } = await both(name, x, dout, a, b, family);
        const near = (i: number): Tolerance => tolerance(name, x[i]);
        const of = (i: number): string => `${name}(${x[i]}; ${a}, ${b})`;
        expect(mismatches(out, unaryReference(name, shape, x), of, near)).toEqual([]);
        expect(mismatches(dx, unaryBackwardReference(name, shape, x, dout), (i) => `gradient of ${of(i)}`, near)).toEqual([]);
      }
    });
  });

  test('a gradient that is NaN stays NaN, but where nothing flows', async () => {
    const x = Float32Array.of(-1, 1, -2, 2);
    for (const name of names) {
      const { dx } = await both(name, x, new Float32Array(4).fill(Number.NaN), 0.5, 1.5, family);
      const { slope } = functionRow(name);
      const flows = Array.from(x, (value) => !/select|^Value\(0\.0\)$/.test(functionRow(name).gradient) || slope(value, 1, 0.5, 1.5) !== 0);
      expect(Array.from(dx, Number.isNaN), name).toEqual(flows);
    }
  });

  test.each(Object.keys(CASTS) as CastName[])('%s', async (name) => {
    const { from, to, f } = CASTS[name];
    const numbers = {
      f32: Float32Array.from([...SPECIALS, 2147483647, -2147483648, 2147483520, 4294967295, 4294967040, 3.99, -3.99, 1e9, 16777217]),
      i32: Int32Array.of(0, 1, -1, 2147483647, -2147483648, 16777217, -16777219, 5),
      u32: Uint32Array.of(0, 1, 2, 2147483648, 4294967295, 16777217, 3, 7, 9),
    };
    const x = numbers[from];
    const { out } = await runKernel(casts[name], { count: x.length, a: 0, b: 0 }, { x, out: poison(x.length) }, { family });
    const made = { f32: Float32Array, i32: Int32Array, u32: Uint32Array }[to];
    expect(Array.from(new made(out.buffer as ArrayBuffer, out.byteOffset, out.length))).toEqual(Array.from(x, (value) => f(value) + 0));
  });
});

test('log1p and expm1 keep their digits near 0', async () => {
  const x = Float32Array.from({ length: 200 }, (_, i) => (i % 2 ? 1 : -1) * 10 ** (-i / 20));
  for (const name of ['log1p', 'expm1', 'erf'] as const) {
    const { shape, out } = await both(name, x, x, 0, 0, 'software');
    expect(mismatches(out, unaryReference(name, shape, x), (i) => `${name}(${x[i]})`, { relative: 2e-6 })).toEqual([]);
  }
});
