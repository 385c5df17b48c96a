import { describe, expect, test } from 'vitest';
import { f32, readGolden } from '../testing/golden.js';
import { poison, randomNormal, relativeError, runKernel } from '../testing/harness.js';
import { layerNormBackward, layerNormBackwardParameters, layerNormForward } from './index.js';
import { layerNormBackwardReference, layerNormReference } from './reference.js';

const dummy = new Float32Array(4);

async function layerNorm(x: Float32Array, width: number, eps: number, dy: Float32Array, gamma?: Float32Array, beta?: Float32Array) {
  const rows = x.length / width;
  const affine = gamma ? 1 : 0;
  const { y, stats } = await runKernel(
    layerNormForward,
    { rows, width, eps, affine },
    { x, gamma: gamma ?? dummy, beta: beta ?? dummy, y: poison(x.length), stats: poison(2 * rows) },
  );
  const { dx } = await runKernel(layerNormBackward, { rows, width, affine }, { x, gamma: gamma ?? dummy, stats, dy, dx: poison(x.length) });
  const { dgamma, dbeta } = await runKernel(
    layerNormBackwardParameters,
    { rows, width },
    { x, stats, dy, dgamma: new Float32Array(width), dbeta: new Float32Array(width) },
  );
  return { y, stats, dx, dgamma, dbeta };
}

test.each(['layer_norm', 'odd/layer_norm'])('golden %s', async (file) => {
  const golden = readGolden(file);
  const out = await layerNorm(f32(golden.x), golden.x.shape[1], 1e-6, f32(golden.dy), f32(golden.gamma), f32(golden.beta));
  expect(relativeError(out.y, golden.y.data)).toBeLessThan(1e-5);
  for (const name of ['dx', 'dgamma', 'dbeta'] as const) expect(relativeError(out[name], golden[name].data), name).toBeLessThan(1e-4);
});

describe.each([
  [1, 1],
  [3, 7],
  [65, 13],
  [3000, 64],
  [17, 257],
])('%i rows of %i', (rows, width) => {
  test.each([true, false])('affine: %s', async (affine) => {
    const x = randomNormal(rows * width, 1, 3);
    const dy = randomNormal(rows * width, 2);
    const gamma = affine ? randomNormal(width, 3).map((v) => v + 1) : undefined;
    const beta = affine ? randomNormal(width, 4) : undefined;
    const out = await layerNorm(x, width, 1e-5, dy, gamma, beta);
    const forward = layerNormReference(x, width, 1e-5, gamma, beta);
    const backward = layerNormBackwardReference(x, width, 1e-5, dy, gamma);
    expect(relativeError(out.y, forward.y)).toBeLessThan(1e-5);
    expect(relativeError(out.stats, forward.stats)).toBeLessThan(1e-5);
    for (const name of ['dx', 'dgamma', 'dbeta'] as const) expect(relativeError(out[name], backward[name]), name).toBeLessThan(1e-4);
  });
});

test('a common offset of 1000 keeps the variance', async () => {
  const x = randomNormal(20 * 64, 5).map((v) => Math.fround(v + 1000));
  const { y } = await layerNorm(x, 64, 1e-5, randomNormal(20 * 64, 6));
  // The mean itself carries f32 rounding of about 1000 · 2⁻²⁴, which bounds what any f32 kernel can reach.
  expect(relativeError(y, layerNormReference(x, 64, 1e-5).y)).toBeLessThan(2e-4);
});

test('constant rows normalise to beta', async () => {
  const beta = randomNormal(8, 7);
  const { y, dx } = await layerNorm(new Float32Array(24).fill(2), 8, 1e-5, randomNormal(24, 8), new Float32Array(8).fill(1), beta);
  expect(relativeError(y, [...beta, ...beta, ...beta])).toBeLessThan(1e-6);
  expect(dx.every(Number.isFinite)).toBe(true);
});

test('parameter gradients add to what is there', async () => {
  const x = randomNormal(30, 9);
  const dy = randomNormal(30, 10);
  const { stats } = await layerNorm(x, 6, 1e-5, dy);
  const start = randomNormal(6, 11);
  const { dgamma, dbeta } = await runKernel(
    layerNormBackwardParameters,
    { rows: 5, width: 6 },
    { x, stats, dy, dgamma: start, dbeta: start },
  );
  const reference = layerNormBackwardReference(x, 6, 1e-5, dy);
  expect(
    relativeError(
      dgamma,
      reference.dgamma.map((v, i) => v + start[i]),
    ),
  ).toBeLessThan(1e-5);
  expect(
    relativeError(
      dbeta,
      reference.dbeta.map((v, i) => v + start[i]),
    ),
  ).toBeLessThan(1e-5);
});
