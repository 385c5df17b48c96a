import { expect, test } from 'vitest';
import { runKernel } from '../testing/harness.js';
import { counterAdvance } from './index.js';

test.each([
  ['a word', { at: 1, wide: 0 }, [7, 41, 9], [7, 42, 9]],
  ['a word at its end', { at: 1, wide: 0 }, [7, 0xffffffff, 9], [7, 0, 9]],
  ['two words', { at: 2, wide: 1 }, [7, 8, 41, 9], [7, 8, 42, 9]],
  ['two words with a carry', { at: 2, wide: 1 }, [7, 8, 0xffffffff, 9], [7, 8, 0, 10]],
])('%s advances, its neighbours do not', async (_, shape, before, after) => {
  const { counter } = await runKernel(counterAdvance, shape, { counter: Uint32Array.from(before) });
  expect([...new Uint32Array(counter.buffer)]).toEqual(after);
});
