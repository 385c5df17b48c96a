import { expect, test } from 'vitest';
import { poison, randomNormal, runKernel } from '../testing/harness.js';
import { copyWords } from './index.js';

// The reference is the input itself: a copy has to be exact.
test.each([1, 65, 1000])('copies %i words exactly', async (count) => {
  const input = randomNormal(count, 3);
  const { out } = await runKernel(copyWords, { count }, { input, out: poison(count) });
  expect(out).toEqual(input);
});
