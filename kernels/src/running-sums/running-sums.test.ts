import { expect, test } from 'vitest';
import { randomNormal, relativeError, runKernel } from '../testing/harness.js';
import { runningSums } from './index.js';

const none = new Float32Array(4);

test.each(['software', 'gpu'] as const)('weighted terms and plain ones of any length are added to what was there (%s)', async (family) => {
  const [a, b, c] = [randomNormal(1003, 1), randomNormal(1003, 2), randomNormal(3, 3)];
  const weights = Float32Array.from({ length: 1003 }, (_, i) => (i % 3) / 2);
  const before = Float32Array.of(1, 2, 3, 4);
  a[0] = Number.NaN;
  const shape = { n0: 1003, n1: 1003, n2: 3, n3: 0, n4: 0, n5: 0, terms: 4, weighted: 0b0001 };
  const given = { weights, x0: a, x1: b, x2: c, x3: none, x4: none, x5: none, sums: before };
  const { sums } = await runKernel(runningSums, shape, given, { family });
  const total = (x: Float32Array, of: (i: number) => number) => x.reduce((sum, value, i) => (of(i) ? sum + value * of(i) : sum), 0);
  const right = [total(a, (i) => weights[i]), total(b, () => 1), total(c, () => 1), 0].map((sum, i) => sum + before[i]);
  expect(relativeError(sums, right)).toBeLessThan(1e-5);
});
