/** Test-only: attention of both kinds on a device, held against float64. */
import { expect } from 'vitest';
import {
  type AttentionStepShape,
  attentionBackward,
  attentionBackwardBias,
  attentionForward,
  attentionParts,
  attentionSplitStep,
  attentionStep,
  attentionTiledBackwardBias,
  attentionTiledBackwardKeys,
  attentionTiledBackwardQueries,
  attentionTiledForward,
  t5Buckets,
} from '../attention/index.js';
import { type AttentionInput, attentionBackwardReference, attentionReference } from '../attention/reference.js';
import type { Kernel } from '../declaration.js';
import { poison, randomNormal, relativeError, runKernel } from './harness.js';

/** What fills the slots of what is not given. */
export const none = new Float32Array(4);
export const noIndices = new Uint32Array(4);

export interface Case extends AttentionInput {
  readonly qkv: Float32Array;
  readonly biasTable?: Float32Array;
  readonly bucketOfDistance?: Uint32Array;
  readonly lengths?: Uint32Array;
}

const bucketsOf = ({ biasTable, heads }: Case): number => (biasTable ? biasTable.length / heads : 0);

export function randomCase(
  batch: number,
  time: number,
  heads: number,
  headDim: number,
  buckets: number,
  lengths?: number[],
  scale = 1,
): Case {
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

async function attention(input: Case, dy: Float32Array, startBias?: Float32Array) {
  const { qkv, batch, time, heads, headDim, biasTable, bucketOfDistance, lengths, window = 0 } = input;
  const buckets = bucketsOf(input);
  const shape = { batch, time, heads, headDim, buckets, lengths: lengths ? 1 : 0, window };
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
export async function tiledAttention(input: Case, dy: Float32Array, startBias?: Float32Array): ReturnType<typeof attention> {
  const { qkv, batch, time, heads, headDim, biasTable, bucketOfDistance, lengths, window = 0 } = input;
  const buckets = bucketsOf(input);
  const shape = { batch, time, heads, headDim, buckets, lengths: lengths ? 1 : 0, window };
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

export const kinds = [
  ['attention', attention],
  ['tiled attention', tiledAttention],
] as const;

export const stepKernels = [attentionStep, attentionSplitStep];

/** Holds a kind of attention against float64, gradients included. */
export async function check(run: typeof attention, input: Case): Promise<void> {
  const buckets = bucketsOf(input);
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

/** Goes through whole sequences step by step over caches. @returns y `[steps, batch, heads·headDim]` of at most 40 steps, and the caches. */
export async function runSteps(kernel: Kernel<AttentionStepShape>, input: Case) {
  const { batch, time, heads, headDim, window = 0 } = input;
  const width = heads * headDim;
  const shape = { batch, time, heads, headDim, buckets: bucketsOf(input), rows: batch + 1, indexed: 0, window };
  // One row more than the batch: a batch may shrink below its cache.
  let keys = new Float32Array((batch + 1) * time * width).fill(Number.NaN);
  let values = keys.slice();
  const steps = Math.min(time, 40);
  const y = new Float32Array(batch * steps * width);
  for (let step = 0; step < steps; step++) {
    const qkv = new Float32Array(batch * 3 * width);
    for (let b = 0; b < batch; b++)
      qkv.set(input.qkv.subarray((b * time + step) * 3 * width, (b * time + step + 1) * 3 * width), b * 3 * width);
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
    y.set(out.y, step * batch * width);
  }
  return { y, steps, keys, values };
}

/** Holds a step's kernel, gone through whole sequences, against float64. */
export async function checkSteps(kernel: Kernel<AttentionStepShape>, input: Case): Promise<void> {
  const { batch, time, heads, headDim } = input;
  const width = heads * headDim;
  const { y, steps, keys } = await runSteps(kernel, input);
  const whole = attentionReference({ ...input, lengths: undefined }).y;
  const expected = new Float64Array(y.length);
  for (let step = 0; step < steps; step++)
    for (let b = 0; b < batch; b++)
      expected.set(whole.subarray((b * time + step) * width, (b * time + step + 1) * width), (step * batch + b) * width);
  expect(relativeError(y, expected)).toBeLessThan(1e-5);
  expect(keys.subarray(batch * time * width).every(Number.isNaN)).toBe(true);
}
