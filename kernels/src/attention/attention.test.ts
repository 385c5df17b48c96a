import { describe, expect, test } from 'vitest';
import { check, checkSteps, kinds, noIndices, none, randomCase, stepKernels, tiledAttention } from '../testing/attention.js';
import { f32, type Golden, readGolden } from '../testing/golden.js';
import { poison, randomNormal, relativeError, runKernel } from '../testing/harness.js';
import { attentionSplitStep, attentionStep, attentionStepKernel, packedAttention, t5Buckets } from './index.js';

/** Golden tensors are `[batch, head, time, headDim]`: those given, side by side, as `[batch, time, n·head·headDim]`. */
function packed(tensors: Golden[]): Float64Array {
  const [batch, heads, time, headDim] = tensors[0].shape;
  const out = new Float64Array(tensors.length * tensors[0].data.length);
  let at = 0;
  for (let b = 0; b < batch; b++) {
    for (let t = 0; t < time; t++) {
      for (const { data } of tensors) {
        for (let h = 0; h < heads; h++) for (let d = 0; d < headDim; d++) out[at++] = data[((b * heads + h) * time + t) * headDim + d];
      }
    }
  }
  return out;
}

test.each(['t5_bucket', 'odd/t5_bucket'])('golden %s', (file) => {
  const { distance, bucket } = readGolden(file);
  expect(distance.data.length).toBe(600);
  expect(Array.from(t5Buckets(600))).toEqual(Array.from(bucket.data));
});

test.each(kinds.flatMap(([kind, run]) => ['attention', 'odd/attention'].map((file) => [kind, file, run] as const)))(
  '%s: golden %s',
  async (_, file, run) => {
    const golden = readGolden(file);
    const [batch, heads, time, headDim] = golden.q.shape;
    const qkv = Float32Array.from(packed([golden.q, golden.k, golden.v]));
    const dy = Float32Array.from(packed([golden.dy]));
    const biasTable = f32(golden.bias_table);
    const shape = packedAttention({ batch, time, heads, headDim, biased: 1 });
    const out = await run({ shape, q: qkv, k: qkv, v: qkv, biasTable, bucketOfDistance: t5Buckets(time) }, dy);
    expect(relativeError(out.y, packed([golden.y]))).toBeLessThan(1e-5);
    expect(relativeError(out.lse, golden.lse.data)).toBeLessThan(1e-5);
    expect(relativeError(out.dqkv, packed([golden.dq, golden.dk, golden.dv]))).toBeLessThan(1e-4);
    expect(relativeError(out.dBiasTable ?? [], golden.dbias_table.data)).toBeLessThan(1e-4);
  },
);

// A software adapter compiles the other kernels at these widths for minutes.
test.each([
  ['64 per head', randomCase(1, 70, 2, 64, 8, [67])],
  ['128 per head', randomCase(2, 37, 1, 128, 6)],
])('tiled attention, %s, against float64', (_, input) => check(tiledAttention, input));

describe.each([
  ['one step', randomCase(1, 1, 1, 4, 2)],
  ['no bias', randomCase(2, 9, 3, 8, 0)],
  ['16 per head, more sequences than parts', randomCase(37, 13, 4, 16, 32)],
  ['20 per head, lengths', randomCase(5, 23, 3, 20, 32, [23, 1, 0, 8, 17])],
  ['lengths without bias', randomCase(3, 16, 2, 16, 0, [4, 16, 9])],
  ['long', randomCase(1, 150, 2, 12, 10)],
  ['large scores', randomCase(2, 17, 2, 16, 8, [17, 12], 30)],
])('%s', (_, input) => {
  test.each(kinds)('%s against float64', (_, run) => check(run, input));

  test.each(stepKernels)('step by step, as whole sequences: $name', (kernel) => checkSteps(kernel, input));
});

test('the choice of the kernel for a step', () => {
  const shape = { ...attentionStep.sample, batch: 1, headDim: 16 };
  expect(attentionStepKernel(shape, { family: 'gpu', f16: false })).toBe(attentionSplitStep);
  expect(attentionStepKernel({ ...shape, headDim: 256 }, { family: 'gpu', f16: false })).toBe(attentionStep);
  expect(attentionStepKernel(shape, { family: 'software', f16: false })).toBe(attentionStep);
});

test.each(stepKernels)('one step with caches in another order, and a sequence without a row leaves no trace: $name', async (kernel) => {
  const [batch, time, heads, headDim, step] = [5, 6, 2, 8, 3];
  const width = heads * headDim;
  const shape = { batch, time, heads, kvHeads: heads, headDim, buckets: 0, rows: 7, indexed: 0, placed: 0, forked: 0, window: 0 };
  const rowsOf = (numbers: Float32Array, order: readonly number[], length: number) =>
    Float32Array.from(order.flatMap((row) => [...numbers.subarray(row * length, (row + 1) * length)]));
  const keys = randomNormal(7 * time * width, 1);
  const values = randomNormal(7 * time * width, 2);
  const given = { qkv: randomNormal(batch * 3 * width, 3), biasTable: none, bucketOfDistance: noIndices, step: Uint32Array.of(step) };
  const shared = { ...given, prefix: noIndices };
  const plain = await runKernel(kernel, shape, { ...shared, cacheRow: noIndices, keys, values, y: poison(batch * width) });
  // Sequence b has row order[b]; the third has none.
  const order = [6, 2, 0xffffffff, 0, 4];
  const where = [3, 5, 1, 6, 4, 2, 0];
  const moved = await runKernel(
    kernel,
    { ...shape, indexed: 1 },
    {
      ...shared,
      cacheRow: Uint32Array.from(order),
      keys: rowsOf(keys, where, time * width),
      values: rowsOf(values, where, time * width),
      y: poison(batch * width),
    },
  );
  for (const b of [0, 1, 3, 4]) {
    expect(moved.y.subarray(b * width, (b + 1) * width)).toEqual(plain.y.subarray(b * width, (b + 1) * width));
    expect(rowsOf(moved.keys, [order[b]], time * width)).toEqual(rowsOf(plain.keys, [b], time * width));
  }
  expect(moved.y.subarray(2 * width, 3 * width).every((v) => v === 0)).toBe(true);
  for (const row of [1, 3, 5]) expect(rowsOf(moved.values, [row], time * width)).toEqual(rowsOf(values, [where[row]], time * width));
});

// Zero past a length, NaN: neither may matter.
test.each(kinds.flatMap(([kind, run]) => [1e20, Number.NaN].map((junk) => [kind, junk, run] as const)))(
  '%s: what is past a length (%d) neither matters nor receives a gradient',
  async (_, junk, run) => {
    const input = randomCase(3, 11, 2, 8, 8, [11, 6, 0]);
    const { queries: time, heads, headDim } = input.shape;
    const width = heads * headDim;
    const dy = randomNormal(input.q.length / 3, 5);
    const clean = await run(input, dy);
    const qkv = input.q.slice();
    const dirtyDy = dy.slice();
    input.lengths?.forEach((length, b) => {
      qkv.fill(junk, (b * time + length) * 3 * width, (b + 1) * time * 3 * width);
      dirtyDy.fill(junk, (b * time + length) * width, (b + 1) * time * width);
      const unused = {
        y: clean.y.subarray((b * time + length) * width, (b + 1) * time * width),
        dqkv: clean.dqkv.subarray((b * time + length) * 3 * width, (b + 1) * time * 3 * width),
      };
      expect([...unused.y, ...unused.dqkv].every((v) => v === 0)).toBe(true);
    });
    const dirty = await run({ ...input, q: qkv, k: qkv, v: qkv }, dirtyDy);
    for (const name of ['y', 'dqkv', 'dBiasTable'] as const) expect(dirty[name]).toEqual(clean[name]);
  },
);
