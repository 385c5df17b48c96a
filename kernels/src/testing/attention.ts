/** Test-only: attention of both kinds on a device, held against float64. */
import { expect } from 'vitest';
import {
  type AttentionShape,
  type AttentionStepShape,
  attentionBackward,
  attentionBackwardBias,
  attentionBias,
  attentionForward,
  attentionParts,
  attentionSplitStep,
  attentionStep,
  attentionTiledBackwardBias,
  attentionTiledBackwardKeys,
  attentionTiledBackwardQueries,
  attentionTiledForward,
  packedAttention,
  t5Buckets,
  t5SignedBuckets,
} from '../attention/index.js';
import { type AttentionInput, attentionBackwardReference, attentionReference, biasReference } from '../attention/reference.js';
import { attentionLengths } from '../attention/shape.js';
import type { Kernel } from '../declaration.js';
import { poison, randomNormal, relativeError, runKernel } from './harness.js';

/** What fills the slots of what is not given. */
export const none = new Float32Array(4);
export const noIndices = new Uint32Array(4);

export interface Case extends Omit<AttentionInput, 'bias'> {
  readonly shape: AttentionShape;
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  /** `[buckets, heads]`. */
  readonly biasTable?: Float32Array;
  readonly bucketOfDistance?: Uint32Array;
  readonly lengths?: Uint32Array;
  readonly keyLengths?: Uint32Array;
}

const bucketsOf = ({ biasTable, shape }: Case): number => (biasTable ? biasTable.length / shape.heads : 0);
const biasOf = ({ biasTable, bucketOfDistance, shape }: Case) =>
  biasTable && bucketOfDistance && biasReference(shape, biasTable, bucketOfDistance);

/** What the reference reads of a case. */
export const referenceInput = (input: Case): AttentionInput => ({ ...input, bias: biasOf(input) });

/** Random numbers for a shape; where keys begin behind queries all three share one array. */
export function caseOf(
  shape: AttentionShape,
  given: { buckets?: number; lengths?: number[]; keyLengths?: number[]; scale?: number } = {},
): Case {
  const { buckets = 0, lengths, keyLengths, scale = 1 } = given;
  const sizes = attentionLengths(shape);
  const shared = shape.kAt > 0 ? randomNormal(sizes.v, 1, scale) : undefined;
  const table = shape.causal ? t5Buckets(shape.distances, buckets || 2, 40) : t5SignedBuckets(shape.queries, shape.keys, buckets || 4, 40);
  return {
    shape: { ...shape, biased: buckets ? 1 : 0, lengths: lengths ? 1 : 0, keyLengths: keyLengths ? 1 : 0 },
    q: shared ?? randomNormal(sizes.q, 1, scale),
    k: shared ?? randomNormal(sizes.k, 5, scale),
    v: shared ?? randomNormal(sizes.v, 6, scale),
    biasTable: buckets ? randomNormal(buckets * shape.heads, 2) : undefined,
    bucketOfDistance: buckets ? table : undefined,
    lengths: lengths && Uint32Array.from(lengths),
    keyLengths: keyLengths && Uint32Array.from(keyLengths),
  };
}

/** Causal attention over one array of random numbers. */
export const randomCase = (
  ...[batch, time, heads, headDim, buckets, lengths, scale]: [number, number, number, number, number, number[]?, number?]
): Case => caseOf(packedAttention({ batch, time, heads, headDim }), { buckets, lengths, scale });

interface Results {
  readonly y: Float32Array;
  readonly lse: Float32Array;
  readonly dqkv: Float32Array;
  readonly dBiasTable?: Float32Array;
}

/** Both kinds run the same way; they differ in their kernels and in the parts that they leave of dBias. */
async function run(tiled: boolean, input: Case, dy: Float32Array, startBias?: Float32Array): Promise<Results> {
  const { shape, q, k, v, biasTable, bucketOfDistance = noIndices, lengths = noIndices, keyLengths = noIndices } = input;
  const as = { family: tiled ? 'gpu' : 'software' } as const;
  const [buckets, sizes] = [bucketsOf(input), attentionLengths(shape)];
  const made =
    biasTable && (await runKernel(attentionBias, { ...shape, buckets }, { biasTable, bucketOfDistance, bias: poison(sizes.bias) }));
  const reads = { q, k, v, bias: made?.bias ?? none, keyLengths };
  const forward = tiled ? attentionTiledForward : attentionForward;
  // Room for what the tiled kernels leave behind the log-sum-exps.
  const outputs = { y: poison(sizes.y), lse: poison(2 * sizes.perQuery) };
  const { y, lse } = await runKernel(forward, shape, { ...reads, lengths, ...outputs });
  const parts = tiled ? attentionParts(shape) : 1;
  const gradients = { dqkv: poison(sizes.gradients), dBias: poison(biasTable ? shape.batch * parts * sizes.bias : 4) };
  let out: Record<string, Float32Array>;
  if (tiled) {
    const first = await runKernel(attentionTiledBackwardQueries, shape, { ...reads, y, lse, dy, ...gradients });
    const second = await runKernel(attentionTiledBackwardKeys, shape, { ...reads, lse: first.lse, dy, dqkv: first.dqkv });
    out = { ...first, dqkv: second.dqkv };
  } else out = await runKernel(attentionBackward, shape, { ...reads, y, lse, dy, ...gradients }, as);
  const results = { y, lse: lse.subarray(0, sizes.perQuery), dqkv: out.dqkv };
  if (!biasTable) return results;
  const kernel = tiled ? attentionTiledBackwardBias : attentionBackwardBias;
  const { dBiasTable } = await runKernel(
    kernel,
    { ...shape, batch: shape.batch * parts, buckets },
    { dBias: out.dBias, bucketOfDistance, dBiasTable: startBias ?? new Float32Array(biasTable.length) },
  );
  return { ...results, dBiasTable };
}

export type Run = (input: Case, dy: Float32Array, startBias?: Float32Array) => Promise<Results>;
export const attention: Run = (...given) => run(false, ...given);
/** The same by the kernels for GPUs. */
export const tiledAttention: Run = (...given) => run(true, ...given);

export const kinds = [
  ['attention', attention],
  ['tiled attention', tiledAttention],
] as const;

export const stepKernels = [attentionStep, attentionSplitStep];

/** What a kernel leaves as the log-sum-exp of a query that does not attend. */
const ENDED = Math.fround(3.4028234e38);
/** Log-sum-exps as the reference has them, where a query that does not attend has 0. */
export const withoutMarks = (lse: Float32Array): Float32Array => lse.map((value) => (value === ENDED ? 0 : value));

/** The float64 gradient of the table. */
export function tableGradient(
  { shape: { heads, distances }, bucketOfDistance }: Case,
  dBias: ArrayLike<number>,
  start: Float32Array,
): Float64Array {
  const out = Float64Array.from(start);
  for (let i = 0; i < heads * distances; i++) out[(bucketOfDistance?.[i % distances] ?? 0) * heads + Math.floor(i / distances)] += dBias[i];
  return out;
}

/** Holds a kind of attention against float64, gradients included. @param most error of gradients. */
export async function check(run: Run, input: Case, most = 1e-4): Promise<void> {
  const buckets = bucketsOf(input);
  const dy = randomNormal(attentionLengths(input.shape).y, 3);
  const start = randomNormal(buckets * input.shape.heads, 4);
  const out = await run(input, dy, start);
  const forward = attentionReference(input.shape, referenceInput(input));
  const backward = attentionBackwardReference(input.shape, referenceInput(input), dy);
  expect(relativeError(out.y, forward.y)).toBeLessThan(1e-5);
  expect(relativeError(withoutMarks(out.lse), forward.lse)).toBeLessThan(1e-5);
  expect(relativeError(withoutGaps(input.shape, out.dqkv), backward.dqkv)).toBeLessThan(most);
  if (out.dBiasTable) expect(relativeError(out.dBiasTable, tableGradient(input, backward.dBias, start))).toBeLessThan(1e-4);
}

/** Gradients with 0 between those of queries, keys and values, which nothing writes. */
export function withoutGaps(shape: AttentionShape, dqkv: Float32Array): Float32Array {
  const { q, k } = attentionLengths(shape);
  const out = dqkv.slice();
  if (shape.kAt > 0) return out;
  out.fill(0, q, 4 * shape.dkAt);
  return out.fill(0, 4 * shape.dkAt + k, 4 * shape.dvAt);
}

/**
 * Goes through whole sequences of packed attention step by step over caches.
 * @returns y `[steps, batch, heads·headDim]` of at most 40 steps, and the caches.
 */
export async function runSteps(kernel: Kernel<AttentionStepShape>, input: Case) {
  const { batch, queries: time, heads, kvHeads, headDim, window } = input.shape;
  const [width, row, cached] = [heads * headDim, (heads + 2 * kvHeads) * headDim, time * kvHeads * headDim];
  const sizes = { batch, time, heads, kvHeads, headDim, buckets: bucketsOf(input), window };
  // One row more than the batch: a batch may shrink below its cache.
  const shape = { ...sizes, rows: batch + 1, indexed: 0, placed: 0, forked: 0 };
  let keys = new Float32Array((batch + 1) * cached).fill(Number.NaN);
  let values = keys.slice();
  const steps = Math.min(time, 40);
  const y = new Float32Array(batch * steps * width);
  for (let step = 0; step < steps; step++) {
    const qkv = new Float32Array(batch * row);
    for (let b = 0; b < batch; b++) qkv.set(input.q.subarray((b * time + step) * row, (b * time + step + 1) * row), b * row);
    const out = await runKernel(kernel, shape, {
      qkv,
      biasTable: input.biasTable ?? none,
      bucketOfDistance: input.bucketOfDistance ?? noIndices,
      step: Uint32Array.of(step),
      cacheRow: noIndices,
      prefix: noIndices,
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
  const { batch, queries: time, heads, kvHeads, headDim } = input.shape;
  const width = heads * headDim;
  const { y, steps, keys } = await runSteps(kernel, input);
  const whole = attentionReference(input.shape, { ...referenceInput(input), lengths: undefined }).y;
  const expected = new Float64Array(y.length);
  for (let step = 0; step < steps; step++)
    for (let b = 0; b < batch; b++)
      expected.set(whole.subarray((b * time + step) * width, (b * time + step + 1) * width), (step * batch + b) * width);
  expect(relativeError(y, expected)).toBeLessThan(1e-5);
  expect(keys.subarray(batch * time * kvHeads * headDim).every(Number.isNaN)).toBe(true);
}
