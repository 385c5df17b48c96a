import { expect, test } from 'vitest';
import { f32, readGolden } from '../testing/golden.js';
import { poison, randomNormal, relativeError, runKernel } from '../testing/harness.js';
import { type RopeShape, rope, ropeFrequencies } from './index.js';
import { ropeReference } from './reference.js';

const families = ['software', 'gpu'] as const;

async function run(shape: RopeShape, x: Float32Array, positions: Uint32Array, family: 'software' | 'gpu', base?: number) {
  const given = { x, positions, frequencies: ropeFrequencies(shape.headDim, base), out: poison(x.length) };
  return (await runKernel(rope, shape, given, { family })).out;
}

test.each(families.flatMap((family) => [0, 1].map((interleaved) => [family, interleaved] as const)))(
  'against float64 at positions to 10⁵ and beyond (%s, interleaved %i)',
  async (family, interleaved) => {
    const positions = Uint32Array.of(0, 1, 7, 1000, 65537, 99_999, 100_000, 4_000_000, 2 ** 31 + 5, 2 ** 32 - 1);
    const shape = { tokens: 20, period: 10, allHeads: 5, heads: 3, headDim: 22, interleaved, inverse: 0 };
    const x = randomNormal(20 * 5 * 22, 1);
    const out = await run(shape, x, positions, family);
    const expected = ropeReference(shape, x, positions);
    // Each element, not only in the mean; the reference itself is off by 10⁻⁶ at the last positions.
    const row = 5 * 22;
    out.forEach((value, i) => {
      const far = positions[Math.floor(i / row) % 10] > 1e7;
      expect(Math.abs(value - expected[i])).toBeLessThan(far ? 5e-6 : 1e-6);
    });
    expect(out.subarray(3 * 22, row)).toEqual(x.subarray(3 * 22, row));
    // Turned back, it is what it was: the gradient of an orthogonal map.
    const back = await run({ ...shape, inverse: 1 }, out, positions, family);
    expect(relativeError(back, x)).toBeLessThan(5e-7);
    expect(
      relativeError(await run({ ...shape, inverse: 1 }, x, positions, family), ropeReference({ ...shape, inverse: 1 }, x, positions)),
    ).toBeLessThan(1e-6);
  },
);

test.each(families.flatMap((family) => ['half', 'interleaved'].map((layout) => [family, layout] as const)))(
  'golden rope (%s, %s)',
  async (family, layout) => {
    const golden = readGolden('more/rope');
    const [tokens, heads, headDim] = golden.x.shape;
    const shape = { tokens, period: tokens, allHeads: heads, heads, headDim, interleaved: layout === 'half' ? 0 : 1, inverse: 0 };
    const positions = Uint32Array.from(golden.positions.data);
    expect(relativeError(await run(shape, f32(golden.x), positions, family), golden[`y_${layout}`].data)).toBeLessThan(1e-6);
    const dx = await run({ ...shape, inverse: 1 }, f32(golden.dy), positions, family);
    expect(relativeError(dx, golden[`dx_${layout}`].data)).toBeLessThan(1e-6);
  },
);

test('sine and cosine themselves are within 2·10⁻⁷', async () => {
  const positions = Uint32Array.from({ length: 2000 }, (_, i) => 53 * i);
  const shape = { tokens: 2000, period: 2000, allHeads: 1, heads: 1, headDim: 8, interleaved: 1, inverse: 0 };
  const x = Float32Array.from({ length: 2000 * 8 }, (_, i) => 1 - (i % 2));
  const expected = ropeReference(shape, x, positions);
  for (const family of families) {
    const out = await run(shape, x, positions, family);
    expect(Math.max(...out.map((value, i) => Math.abs(value - expected[i])))).toBeLessThan(2e-7);
  }
});

test('NaN and infinity stay with their pair', async () => {
  const shape = { tokens: 1, period: 1, allHeads: 1, heads: 1, headDim: 8, interleaved: 0, inverse: 0 };
  const x = Float32Array.of(1, Number.NaN, Number.POSITIVE_INFINITY, 1, 1, 1, 1, 1);
  for (const family of families) {
    const out = await run(shape, x, Uint32Array.of(3), family);
    const expected = ropeReference(shape, x, [3]);
    expect(Array.from(out, Number.isFinite)).toEqual(Array.from(expected, Number.isFinite));
    expect(Array.from(out, Number.isNaN)).toEqual(Array.from(expected, Number.isNaN));
  }
});

test('frequencies that cannot be are refused', () => {
  expect(() => ropeFrequencies(7)).toThrow('must be even, got 7');
  expect(() => ropeFrequencies(8, 0)).toThrow('must be above 0, got 0');
});
