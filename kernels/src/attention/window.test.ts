/** Attention that sees only the last steps. */
import { describe, expect, test } from 'vitest';
import {
  type Case,
  check,
  checkSteps,
  kinds,
  noIndices,
  none,
  randomCase,
  runSteps,
  stepKernels,
  tiledAttention,
} from '../testing/attention.js';
import { poison, randomNormal, runKernel } from '../testing/harness.js';
import {
  attentionBackward,
  attentionForward,
  attentionStep,
  attentionTiledBackwardKeys,
  attentionTiledBackwardQueries,
  attentionTiledForward,
  packedAttention,
} from './index.js';

const windowed = (window: number, input: Case): Case => ({ ...input, shape: { ...input.shape, window } });

// Few widths of heads: each is compiled anew.
describe.each([
  ['1', windowed(1, randomCase(3, 13, 2, 8, 8))],
  ['1, without bias', windowed(1, randomCase(2, 9, 3, 8, 0))],
  ['1 of one step', windowed(1, randomCase(1, 1, 1, 8, 2))],
  ['3, 12 per head, lengths', windowed(3, randomCase(5, 23, 3, 12, 32, [23, 1, 0, 8, 17]))],
  ['3, lengths without bias', windowed(3, randomCase(3, 16, 2, 8, 0, [4, 16, 9]))],
  ['3, large scores', windowed(3, randomCase(2, 17, 2, 8, 8, [17, 12], 30))],
  ['3 of many steps', windowed(3, randomCase(1, 150, 2, 8, 10))],
  ['8, more sequences than parts', windowed(8, randomCase(37, 21, 4, 8, 32))],
  ['9, lengths around it', windowed(9, randomCase(6, 27, 1, 8, 6, [8, 9, 10, 16, 17, 27]))],
  ['50 of many steps', windowed(50, randomCase(1, 150, 2, 8, 10))],
  ['one step less than there are', windowed(16, randomCase(2, 17, 2, 8, 4))],
  ['more steps than there are', windowed(12, randomCase(2, 11, 3, 8, 6))],
])('a window of %s', (_, input) => {
  test.each(kinds)('%s against float64', (_, run) => check(run, input));
  test.each(stepKernels)('step by step, as whole sequences: $name', (kernel) => checkSteps(kernel, input));
});

// As in attention.test.ts: a software adapter compiles the other kernels at these widths for minutes.
test.each([
  ['3, 64 per head', windowed(3, randomCase(1, 70, 2, 64, 8, [67]))],
  ['20, 128 per head', windowed(20, randomCase(2, 37, 1, 128, 6))],
])('tiled attention, a window of %s, against float64', (_, input) => check(tiledAttention, input));

const everything = randomCase(3, 19, 2, 8, 8, [19, 7, 0]);

describe.each([19, 20, 0xffff_ffff])('a window of %i over 19 steps is none, bit for bit', (window) => {
  test.each(kinds)('%s', async (_, run) => {
    const dy = randomNormal(everything.q.length / 3, 3);
    expect(await run(windowed(window, everything), dy)).toEqual(await run(everything, dy));
  });
  test.each(stepKernels)('$name', async (kernel) => {
    expect(await runSteps(kernel, windowed(window, everything))).toEqual(await runSteps(kernel, everything));
  });
});

test.each(kinds)('%s: a step reaches the steps of its window, bit for bit no others', async (_, run) => {
  const [window, changed] = [4, 6];
  const input = windowed(window, randomCase(1, 20, 2, 8, 8));
  const width = input.shape.heads * input.shape.headDim;
  const dy = randomNormal(input.q.length / 3, 3);
  const qkv = input.q.slice();
  qkv.set(randomNormal(3 * width, 7), changed * 3 * width);
  const [before, after] = [await run(input, dy), await run({ ...input, q: qkv, k: qkv, v: qkv }, dy)];
  const moved = (name: 'y' | 'dqkv', columns: number): number[] =>
    Array.from({ length: input.shape.queries }, (_, step) => step).filter((step) => {
      const row = (out: typeof before) => out[name].subarray(step * columns, (step + 1) * columns);
      return row(before).some((value, i) => value !== row(after)[i]);
    });
  expect(moved('y', width)).toEqual([6, 7, 8, 9]);
  // A query that sees the step weighs its other keys differently too.
  expect(moved('dqkv', 3 * width)).toEqual([3, 4, 5, 6, 7, 8, 9]);
});

test.each(stepKernels)('what is out of the window is not read from the caches: $name', async (kernel) => {
  const [batch, time, heads, headDim, now, window] = [2, 50, 2, 8, 45, 3];
  const width = heads * headDim;
  const shape = { batch, time, heads, kvHeads: heads, headDim, buckets: 0, rows: batch, indexed: 0, placed: 0, forked: 0, window };
  const absent = { biasTable: none, bucketOfDistance: noIndices, cacheRow: noIndices, prefix: noIndices };
  const given = { qkv: randomNormal(batch * 3 * width, 3), ...absent };
  const [keys, values] = [randomNormal(batch * time * width, 1), randomNormal(batch * time * width, 2)];
  const run = () => runKernel(kernel, shape, { ...given, step: Uint32Array.of(now), keys, values, y: poison(batch * width) });
  const { y } = await run();
  for (const cache of [keys, values])
    for (let b = 0; b < batch; b++) cache.fill(Number.NaN, b * time * width, (b * time + now + 1 - window) * width);
  expect((await run()).y).toEqual(y);
});

test('costs count what is seen', () => {
  const [batch, time, heads, headDim, window] = [2, 24, 4, 16, 3];
  const sized = (most: number) => packedAttention({ batch, time, heads, headDim, window: most });
  // The first steps see 1 and 2, all later ones 3.
  const share = (1 + 2 + 22 * 3) / ((24 * 25) / 2);
  for (const kernel of [
    attentionForward,
    attentionTiledForward,
    attentionBackward,
    attentionTiledBackwardQueries,
    attentionTiledBackwardKeys,
  ]) {
    const all = kernel.cost(sized(0));
    expect(kernel.cost(sized(window)).flops / all.flops).toBeCloseTo(share, 12);
    expect(kernel.cost(sized(24))).toEqual(all);
  }
  const step = { batch, time, heads, kvHeads: heads, headDim, buckets: 0, rows: batch, indexed: 0, placed: 0, forked: 0 };
  const all = attentionStep.cost({ ...step, window: 0 });
  const few = attentionStep.cost({ ...step, window });
  expect(few.flops / all.flops).toBeCloseTo(3 / 24, 12);
  expect(few.bytes).toBeLessThan(all.bytes);
  expect(attentionStep.cost({ ...step, window: 25 })).toEqual(all);
});
