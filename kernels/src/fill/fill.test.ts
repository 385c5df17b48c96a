import { expect, test } from 'vitest';
import { poison, relativeError, runKernel } from '../testing/harness.js';
import { fill } from './index.js';
import { fillReference } from './reference.js';

test.each([1, 63, 64, 1001])('fill of %i elements writes each of them', async (count) => {
  const { out } = await runKernel(fill, { count, value: -2.5 }, { out: poison(count) });
  expect(relativeError(out, fillReference(count, -2.5))).toBe(0);
});
