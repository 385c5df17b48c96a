import { expect, test } from 'vitest';
import { f32, readGolden } from '../testing/golden.js';
import { poison, randomNormal, relativeError, runKernel } from '../testing/harness.js';
import { rmsNormBackward, rmsNormBackwardGamma, rmsNormForward } from './index.js';
import { rmsNormBackwardReference, rmsNormReference } from './reference.js';

async function rmsNorm(
  x: Float32Array,
  width: number,
  eps: number,
  dy: Float32Array,
  gamma: Float32Array,
  start: Float32Array = new Float32Array(width),
) {
  const rows = x.length / width;
  const { y, stats } = await runKernel(rmsNormForward, { rows, width, eps }, { x, gamma, y: poison(x.length), stats: poison(rows) });
  const { dx } = await runKernel(rmsNormBackward, { rows, width }, { x, gamma, stats, dy, dx: poison(x.length) });
  const { dgamma } = await runKernel(rmsNormBackwardGamma, { rows, width }, { x, stats, dy, dgamma: start });
  return { y, stats, dx, dgamma };
}

test.each(['rms_norm', 'odd/rms_norm'])('golden %s', async (file) => {
  const golden = readGolden(file);
  const out = await rmsNorm(f32(golden.x), golden.x.shape[1], 1e-6, f32(golden.dy), f32(golden.gamma));
  expect(relativeError(out.y, golden.y.data)).toBeLessThan(1e-5);
  for (const name of ['dx', 'dgamma'] as const) expect(relativeError(out[name], golden[name].data), name).toBeLessThan(1e-4);
});

test.each([
  [1, 1],
  [3, 7],
  [65, 13],
  [3000, 64],
  [17, 257],
])('%i rows of %i', async (rows, width) => {
  const x = randomNormal(rows * width, 1, 3);
  const dy = randomNormal(rows * width, 2);
  const gamma = randomNormal(width, 3).map((v) => v + 1);
  const start = randomNormal(width, 4);
  // With one column y is ±gamma whatever x is, and dx is what cancellation leaves: an eps of x's size avoids that.
  const eps = width === 1 ? 1 : 1e-6;
  const out = await rmsNorm(x, width, eps, dy, gamma, start);
  const forward = rmsNormReference(x, width, eps, gamma);
  const backward = rmsNormBackwardReference(x, width, eps, dy, gamma);
  expect(relativeError(out.y, forward.y)).toBeLessThan(1e-5);
  expect(relativeError(out.stats, forward.stats)).toBeLessThan(1e-5);
  expect(relativeError(out.dx, backward.dx)).toBeLessThan(1e-4);
  expect(
    relativeError(
      out.dgamma,
      backward.dgamma.map((v, i) => v + start[i]),
    ),
  ).toBeLessThan(1e-4);
});

test('zero rows and huge rows stay finite', async () => {
  const x = Float32Array.from({ length: 16 }, (_, i) => (i < 8 ? 0 : 1e18));
  const { y, dx } = await rmsNorm(x, 8, 1e-6, new Float32Array(16).fill(1), new Float32Array(8).fill(1));
  expect(relativeError(y, [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1])).toBeLessThan(1e-5);
  expect(dx.every(Number.isFinite)).toBe(true);
});
