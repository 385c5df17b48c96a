import { describe, expect, test } from 'vitest';
import type { AdapterTraits } from '../declaration.js';
import { f32, readGolden } from '../testing/golden.js';
import { poison, randomNormal, relativeError, runKernel, testDevice } from '../testing/harness.js';
import {
  layerNormAddParts,
  layerNormBackward,
  layerNormBackwardParameters,
  layerNormBackwardSubgroups,
  layerNormForward,
  layerNormForwardSubgroups,
  layerNormParts,
  layerNormSharesRows,
} from './index.js';
import { layerNormBackwardReference, layerNormReference } from './reference.js';

const dummy = new Float32Array(4);

const { traits } = await testDevice();

/**
 * Everything the kernels make, by those that share rows among lanes where this adapter has them and `shared` is set.
 */
async function layerNorm(
  x: Float32Array,
  width: number,
  eps: number,
  dy: Float32Array,
  gamma?: Float32Array,
  beta?: Float32Array,
  {
    shared = false,
    as = {},
    start = new Float32Array(width),
    earlier,
  }: { shared?: boolean; as?: Partial<AdapterTraits>; start?: Float32Array; earlier?: Float32Array | undefined } = {},
) {
  const rows = x.length / width;
  const shape = { rows, width, eps, affine: gamma ? 1 : 0, withEarlier: earlier ? 1 : 0 };
  const { y, stats } = await runKernel(
    shared ? layerNormForwardSubgroups : layerNormForward,
    shape,
    {
      x,
      gamma: gamma ?? dummy,
      beta: beta ?? dummy,
      y: poison(x.length),
      stats: poison(2 * rows),
    },
    as,
  );
  const reads = { x, gamma: gamma ?? dummy, stats, dy, earlier: earlier ?? dummy, dx: poison(x.length) };
  const given = { dgamma: start, dbeta: start };
  if (!shared) {
    const { dx } = await runKernel(layerNormBackward, shape, reads);
    const { dgamma, dbeta } = await runKernel(layerNormBackwardParameters, shape, { x, stats, dy, ...given });
    return { y, stats, dx, dgamma, dbeta };
  }
  const count = layerNormParts(rows, { ...traits, ...as });
  const { dx, parts } = await runKernel(layerNormBackwardSubgroups, shape, { ...reads, parts: poison(gamma ? count * 2 * width : 4) }, as);
  if (!gamma) return { y, stats, dx };
  const { dgamma, dbeta } = await runKernel(layerNormAddParts, { parts: count, width }, { parts, ...given });
  return { y, stats, dx, dgamma, dbeta };
}

test.each(['layer_norm', 'odd/layer_norm'])('golden %s', async (file) => {
  const golden = readGolden(file);
  const out = await layerNorm(f32(golden.x), golden.x.shape[1], 1e-6, f32(golden.dy), f32(golden.gamma), f32(golden.beta));
  expect(relativeError(out.y, golden.y.data)).toBeLessThan(1e-5);
  for (const name of ['dx', 'dgamma', 'dbeta'] as const) {
    expect(relativeError(out[name] ?? [], golden[name].data), name).toBeLessThan(1e-4);
  }
});

const sizes = [
  [1, 1],
  [3, 7],
  [65, 13],
  [3000, 64],
  [17, 257],
  [1, 32],
  [101, 96],
  [40, 48],
];

describe.each(sizes)('%i rows of %i', (rows, width) => {
  const families = ['software', 'gpu'] as const;
  const ways = layerNormSharesRows(width, traits) ? [false, true] : [false];
  const cases = ways.flatMap((shared) => [true, false].flatMap((affine) => families.map((family) => ({ shared, affine, family }))));
  test.each(cases)('%o', async ({ shared, affine, family }) => {
    const x = randomNormal(rows * width, 1, 3);
    const dy = randomNormal(rows * width, 2);
    const gamma = affine ? randomNormal(width, 3).map((v) => v + 1) : undefined;
    const beta = affine ? randomNormal(width, 4) : undefined;
    const start = randomNormal(width, 5);
    const earlier = affine ? randomNormal(rows * width, 6) : undefined;
    const out = await layerNorm(x, width, 1e-5, dy, gamma, beta, { shared, start, earlier, as: { family } });
    const forward = layerNormReference(x, width, 1e-5, gamma, beta);
    const backward = layerNormBackwardReference(x, width, 1e-5, dy, gamma);
    expect(relativeError(out.y, forward.y)).toBeLessThan(1e-5);
    expect(relativeError(out.stats, forward.stats)).toBeLessThan(1e-5);
    const dx = backward.dx.map((v, i) => v + (earlier?.[i] ?? 0));
    expect(relativeError(out.dx, dx)).toBeLessThan(1e-4);
    for (const name of ['dgamma', 'dbeta'] as const) {
      if (out[name])
        expect(
          relativeError(
            out[name],
            backward[name].map((v, i) => v + start[i]),
          ),
          name,
        ).toBeLessThan(1e-4);
    }
  });
});

test('rows are shared only among lanes that they fill, on adapters with one subgroup size', () => {
  const adapter = { family: 'software', f16: false, subgroups: { min: 8, max: 8 } } as const;
  expect(layerNormSharesRows(64, adapter)).toBe(true);
  expect(layerNormSharesRows(52, adapter)).toBe(false);
  expect(layerNormSharesRows(2048, adapter)).toBe(false);
  expect(layerNormSharesRows(48, adapter)).toBe(true);
  expect(layerNormSharesRows(64, { ...adapter, family: 'gpu', subgroups: { min: 32, max: 32 } })).toBe(true);
  expect(layerNormSharesRows(64, { ...adapter, subgroups: undefined })).toBe(false);
  expect(layerNormSharesRows(64, { ...adapter, subgroups: { min: 4, max: 8 } })).toBe(false);
});

test.each(layerNormSharesRows(64, traits) ? [false, true] : [false])(
  'a common offset of 1000 keeps the variance (shared: %s)',
  async (shared) => {
    const x = randomNormal(20 * 64, 5).map((v) => Math.fround(v + 1000));
    const { y } = await layerNorm(x, 64, 1e-5, randomNormal(20 * 64, 6), undefined, undefined, { shared });
    // The mean itself carries f32 rounding of about 1000 · 2⁻²⁴, which bounds what any f32 kernel can reach.
    expect(relativeError(y, layerNormReference(x, 64, 1e-5).y)).toBeLessThan(2e-4);
  },
);

/**
 * Rows in which something stands out, and how far f32 lets y be from the truth: the column's own rounding, half a unit
 * in its last place.
 */
const outliers = [
  { width: 1024, column: 0, value: 100 },
  { width: 4096, column: 0, value: 1000 },
  { width: 65536, column: 0, value: 65536 },
  { width: 1024, column: 1023, value: -1e6 },
  { width: 256, column: 0, value: 1e6 },
  { width: 256, column: 7, value: 1e30 },
  { width: 77, column: 0, value: -1e30 },
];

test.each(outliers)('an outlier costs no precision: %o', async ({ width, column, value }) => {
  const x = randomNormal(4 * width, 9);
  for (let row = 0; row < 4; row++) x[row * width + column] = value;
  const dy = randomNormal(4 * width, 10);
  const forward = layerNormReference(x, width, 1e-5);
  const backward = layerNormBackwardReference(x, width, 1e-5, dy);
  for (const shared of layerNormSharesRows(width, traits) ? [false, true] : [false])
    for (const family of ['software', 'gpu'] as const) {
      const out = await layerNorm(x, width, 1e-5, dy, undefined, undefined, { shared, as: { family } });
      expect(relativeError(out.y, forward.y), `y ${shared} ${family}`).toBeLessThan(1e-6);
      expect(relativeError(out.stats, forward.stats), `stats ${shared} ${family}`).toBeLessThan(1e-6);
      expect(relativeError(out.dx, backward.dx), `dx ${shared} ${family}`).toBeLessThan(1e-5);
    }
});

test('rows of plus and minus 1e30 are plus and minus one', async () => {
  const x = Float32Array.from({ length: 256 }, (_, i) => (i % 2 ? -1e30 : 1e30));
  for (const shared of layerNormSharesRows(64, traits) ? [false, true] : [false]) {
    const { y } = await layerNorm(x, 64, 1e-5, randomNormal(256, 1), undefined, undefined, { shared });
    expect(relativeError(y, x.map(Math.sign))).toBeLessThan(1e-6);
  }
});

test('NaN and infinity make their row NaN and no other', async () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    for (const shared of layerNormSharesRows(64, traits) ? [false, true] : [false])
      for (const family of ['software', 'gpu'] as const) {
        const x = randomNormal(5 * 64, 11);
        x[2 * 64 + 5] = bad;
        const { y } = await layerNorm(x, 64, 1e-5, randomNormal(5 * 64, 1), undefined, undefined, { shared, as: { family } });
        const nan = [0, 1, 2, 3, 4].map((row) => y.subarray(row * 64, row * 64 + 64).filter(Number.isNaN).length);
        expect(nan, `${bad} ${shared} ${family}`).toEqual([0, 0, 64, 0, 0]);
      }
});

test('constant rows normalise to beta', async () => {
  const beta = randomNormal(8, 7);
  const { y, dx } = await layerNorm(new Float32Array(24).fill(2), 8, 1e-5, randomNormal(24, 8), new Float32Array(8).fill(1), beta);
  expect(relativeError(y, [...beta, ...beta, ...beta])).toBeLessThan(1e-6);
  expect(dx.every(Number.isFinite)).toBe(true);
});
