import { describe, expect, test } from 'vitest';
import { f32, type Golden, readGolden } from '../testing/golden.js';
import { poison, randomNormal, relativeError, runKernel } from '../testing/harness.js';
import {
  attentionBackward,
  attentionBackwardBias,
  attentionForward,
  attentionParts,
  attentionSplitStep,
  attentionStep,
  attentionStepKernel,
  attentionTiledBackwardBias,
  attentionTiledBackwardKeys,
  attentionTiledBackwardQueries,
  attentionTiledForward,
  t5Buckets,
} from './index.js';
import { type AttentionInput, attentionBackwardReference, attentionReference } from './reference.js';

const none = new Float32Array(4);
const noIndices = new Uint32Array(4);

interface Case extends AttentionInput {
  readonly qkv: Float32Array;
  readonly biasTable?: Float32Array;
  readonly bucketOfDistance?: Uint32Array;
  readonly lengths?: Uint32Array;
}

async function attention(input: Case, dy: Float32Array, startBias?: Float32Array) {
  const { qkv, batch, time, heads, headDim, biasTable, bucketOfDistance, lengths } = input;
  const buckets = biasTable ? biasTable.length / heads : 0;
  const shape = { batch, time, heads, headDim, buckets, lengths: lengths ? 1 : 0 };
  const reads = { qkv, biasTable: biasTable ?? none, bucketOfDistance: bucketOfDistance ?? noIndices, lengths: lengths ?? noIndices };
  const { y, lse } = await runKernel(attentionForward, shape, { ...reads, y: poison(dy.length), lse: poison(batch * heads * time) });
  const { dqkv, dBias } = await runKernel(attentionBackward, shape, {
    qkv,
    biasTable: reads.biasTable,
    bucketOfDistance: reads.bucketOfDistance,
    y,
    lse,
    dy,
    dqkv: poison(qkv.length),
    dBias: poison(biasTable ? batch * heads * time : 4),
  });
  if (!biasTable) return { y, lse, dqkv };
  const start = startBias ?? new Float32Array(biasTable.length);
  const { dBiasTable } = await runKernel(
    attentionBackwardBias,
    { batch, time, heads, buckets },
    { dBias, bucketOfDistance: reads.bucketOfDistance, dBiasTable: start },
  );
  return { y, lse, dqkv, dBiasTable };
}

/** The same by the kernels for GPUs. */
async function tiledAttention(input: Case, dy: Float32Array, startBias?: Float32Array): ReturnType<typeof attention> {
  const { qkv, batch, time, heads, headDim, biasTable, bucketOfDistance, lengths } = input;
  const buckets = biasTable ? biasTable.length / heads : 0;
  const shape = { batch, time, heads, headDim, buckets, lengths: lengths ? 1 : 0 };
  const shared = { qkv, biasTable: biasTable ?? none, bucketOfDistance: bucketOfDistance ?? noIndices };
  const outputs = { y: poison(dy.length), lse: poison(batch * heads * time) };
  const { y, lse } = await runKernel(attentionTiledForward, shape, { ...shared, lengths: lengths ?? noIndices, ...outputs });
  const parts = attentionParts(shape);
  const queries = await runKernel(attentionTiledBackwardQueries, shape, {
    ...{ ...shared, y, lse, dy, dqkv: poison(qkv.length), mean: poison(batch * heads * time) },
    dBias: poison(biasTable ? batch * parts * heads * time : 4),
  });
  const { dqkv } = await runKernel(attentionTiledBackwardKeys, shape, { ...shared, lse, mean: queries.mean, dy, dqkv: queries.dqkv });
  if (!biasTable) return { y, lse, dqkv };
  const { dBiasTable } = await runKernel(
    attentionTiledBackwardBias,
    { batch: batch * parts, time, heads, buckets },
    { dBias: queries.dBias, bucketOfDistance: shared.bucketOfDistance, dBiasTable: startBias ?? new Float32Array(biasTable.length) },
  );
  return { y, lse, dqkv, dBiasTable };
}

const kinds = [
  ['attention', attention],
  ['tiled attention', tiledAttention],
] as const;

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
    const out = await run({ qkv, batch, time, heads, headDim, biasTable, bucketOfDistance: t5Buckets(time) }, dy);
    expect(relativeError(out.y, packed([golden.y]))).toBeLessThan(1e-5);
    expect(relativeError(out.lse, golden.lse.data)).toBeLessThan(1e-5);
    expect(relativeError(out.dqkv, packed([golden.dq, golden.dk, golden.dv]))).toBeLessThan(1e-4);
    expect(relativeError(out.dBiasTable ?? [], golden.dbias_table.data)).toBeLessThan(1e-4);
  },
);

function randomCase(batch: number, time: number, heads: number, headDim: number, buckets: number, lengths?: number[], scale = 1): Case {
  return {
    qkv: randomNormal(batch * time * 3 * heads * headDim, 1, scale),
    batch,
    time,
    heads,
    headDim,
    biasTable: buckets ? randomNormal(buckets * heads, 2) : undefined,
    bucketOfDistance: buckets ? t5Buckets(time, buckets, 40) : undefined,
    lengths: lengths ? Uint32Array.from(lengths) : undefined,
  };
}

/** Holds a kind of attention against float64, gradients included. */
async function check(run: typeof attention, input: Case): Promise<void> {
  const buckets = input.biasTable ? input.biasTable.length / input.heads : 0;
  const dy = randomNormal(input.qkv.length / 3, 3);
  const start = buckets ? randomNormal(buckets * input.heads, 4) : undefined;
  const out = await run(input, dy, start);
  const forward = attentionReference(input);
  const backward = attentionBackwardReference(input, dy, buckets);
  expect(relativeError(out.y, forward.y)).toBeLessThan(1e-5);
  // Past a length the kernel leaves a mark, the reference 0.
  expect(
    relativeError(
      out.lse.map((v) => (v === Math.fround(1e30) ? 0 : v)),
      forward.lse,
    ),
  ).toBeLessThan(1e-5);
  expect(relativeError(out.dqkv, backward.dqkv)).toBeLessThan(1e-4);
  if (out.dBiasTable)
    expect(
      relativeError(
        out.dBiasTable,
        backward.dBiasTable.map((v, i) => v + (start?.[i] ?? 0)),
      ),
    ).toBeLessThan(1e-4);
}

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
  const buckets = input.biasTable ? input.biasTable.length / input.heads : 0;

  test.each(kinds)('%s against float64', (_, run) => check(run, input));

  test.each([attentionStep, attentionSplitStep])('step by step, as whole sequences: $name', async (kernel) => {
    const { batch, time, heads, headDim } = input;
    const width = heads * headDim;
    const shape = { batch, time, heads, headDim, buckets, rows: batch + 1, indexed: 0 };
    const { y } = attentionReference({ ...input, lengths: undefined });
    // One row more than the batch: a batch may shrink below its cache.
    let keys = new Float32Array((batch + 1) * time * width).fill(Number.NaN);
    let values = keys.slice();
    const steps = Math.min(time, 40);
    const ours = new Float32Array(batch * steps * width);
    const theirs = new Float64Array(ours.length);
    for (let step = 0; step < steps; step++) {
      const qkv = new Float32Array(batch * 3 * width);
      for (let b = 0; b < batch; b++) {
        qkv.set(input.qkv.subarray((b * time + step) * 3 * width, (b * time + step + 1) * 3 * width), b * 3 * width);
        theirs.set(y.subarray((b * time + step) * width, (b * time + step + 1) * width), (step * batch + b) * width);
      }
      const out = await runKernel(kernel, shape, {
        qkv,
        biasTable: input.biasTable ?? none,
        bucketOfDistance: input.bucketOfDistance ?? noIndices,
        step: Uint32Array.of(step),
        cacheRow: noIndices,
        keys,
        values,
        y: poison(batch * width),
      });
      keys = out.keys as Float32Array<ArrayBuffer>;
      values = out.values as Float32Array<ArrayBuffer>;
      ours.set(out.y, step * batch * width);
    }
    expect(relativeError(ours, theirs)).toBeLessThan(1e-5);
    expect(keys.subarray(batch * time * width).every(Number.isNaN)).toBe(true);
  });
});

test('the choice of the kernel for a step', () => {
  const shape = { batch: 1, time: 8, heads: 1, headDim: 16, buckets: 0, rows: 1, indexed: 0 };
  expect(attentionStepKernel(shape, { family: 'gpu', f16: false })).toBe(attentionSplitStep);
  expect(attentionStepKernel({ ...shape, headDim: 256 }, { family: 'gpu', f16: false })).toBe(attentionStep);
  expect(attentionStepKernel(shape, { family: 'software', f16: false })).toBe(attentionStep);
});

const stepKernels = [attentionStep, attentionSplitStep];
test.each(stepKernels)('one step with caches in another order, and a sequence without a row leaves no trace: $name', async (kernel) => {
  const [batch, time, heads, headDim, step] = [5, 6, 2, 8, 3];
  const width = heads * headDim;
  const shape = { batch, time, heads, headDim, buckets: 0, rows: 7, indexed: 0 };
  const rowsOf = (numbers: Float32Array, order: readonly number[], length: number) =>
    Float32Array.from(order.flatMap((row) => [...numbers.subarray(row * length, (row + 1) * length)]));
  const keys = randomNormal(7 * time * width, 1);
  const values = randomNormal(7 * time * width, 2);
  const shared = { qkv: randomNormal(batch * 3 * width, 3), biasTable: none, bucketOfDistance: noIndices, step: Uint32Array.of(step) };
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

test.each(kinds)('%s: what is past a length neither matters nor receives a gradient', async (_, run) => {
  const input = randomCase(3, 11, 2, 8, 8, [11, 6, 0]);
  const { time, heads, headDim } = input;
  const width = heads * headDim;
  const dy = randomNormal(input.qkv.length / 3, 5);
  const clean = await run(input, dy);
  const qkv = input.qkv.slice();
  input.lengths?.forEach((length, b) => {
    qkv.fill(1e20, (b * time + length) * 3 * width, (b + 1) * time * 3 * width);
    const unused = {
      y: clean.y.subarray((b * time + length) * width, (b + 1) * time * width),
      dqkv: clean.dqkv.subarray((b * time + length) * 3 * width, (b + 1) * time * 3 * width),
    };
    expect([...unused.y, ...unused.dqkv].every((v) => v === 0)).toBe(true);
  });
  const dirty = await run({ ...input, qkv }, dy);
  for (const name of ['y', 'dqkv', 'dBiasTable'] as const) expect(dirty[name]).toEqual(clean[name]);
});
