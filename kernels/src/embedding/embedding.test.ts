import { describe, expect, test } from 'vitest';
import { poison, randomNormal, randomUniform, relativeError, runKernel, testDevice } from '../testing/harness.js';
import { embeddingSum, embeddingSumBackward, embeddingSumBackwardKernel, embeddingSumBackwardSubgroups } from './index.js';
import { embeddingSumBackwardReference, embeddingSumReference } from './reference.js';

const { traits } = await testDevice();

const sizes = [
  { rows: 1, slots: 1, width: 1, perSlot: 1 },
  { rows: 37, slots: 5, width: 52, perSlot: 3 },
  { rows: 130, slots: 50, width: 64, perSlot: 6 },
  { rows: 33, slots: 3, width: 77, perSlot: 4 },
];

/** Each slot draws from rows of its own, a fifth of the places are empty. */
function drawn(rows: number, slots: number, perSlot: number): Int32Array {
  const u = randomUniform(rows * slots * 2, 5);
  return Int32Array.from({ length: rows * slots }, (_, i) =>
    u[2 * i] < 0.2 ? -1 : (i % slots) * perSlot + Math.floor(u[2 * i + 1] * perSlot),
  );
}

for (const { rows, slots, width, perSlot } of sizes) {
  const vocabulary = slots * perSlot;
  const indices = drawn(rows, slots, perSlot);
  const shape = { rows, slots, width, vocabulary };
  const table = randomNormal(vocabulary * width, 1);
  const dOut = randomNormal(rows * width, 2);

  for (const family of ['software', 'gpu'] as const) {
    test(`sum of ${slots} rows of ${width}, ${rows} times, on ${family}`, async () => {
      const { out } = await runKernel(embeddingSum, shape, { indices, table, out: poison(rows * width) }, { family });
      expect(relativeError(out, embeddingSumReference(indices, slots, table, width))).toBeLessThan(1e-5);
    });

    test.each([
      { bySlot: 0, parts: 1 },
      { bySlot: 1, parts: 1 },
      { bySlot: 1, parts: 3 },
    ])(`gradient of the table, ${rows}×${slots}×${width} on ${family}, by slot $bySlot, in $parts parts, is added`, async (how) => {
      const size = vocabulary * width;
      const start = randomNormal(how.parts * size, 3);
      const { dTable } = await runKernel(embeddingSumBackward, { ...shape, ...how }, { indices, dOut, dTable: start }, { family });
      const added = new Float32Array(size);
      dTable.forEach((x, i) => {
        added[i % size] += x - start[i];
      });
      expect(relativeError(added, embeddingSumBackwardReference(indices, slots, dOut, width, vocabulary))).toBeLessThan(1e-4);
    });
  }
}

test.each(sizes)('the kernel that this adapter should use for the gradient, %o', async ({ rows, slots, width, perSlot }) => {
  const shape = { rows, slots, width, vocabulary: slots * perSlot, bySlot: 1, parts: 1 };
  const indices = drawn(rows, slots, perSlot);
  const dOut = randomNormal(rows * width, 2);
  const start = randomNormal(shape.vocabulary * width, 3);
  const { dTable } = await runKernel(embeddingSumBackwardKernel(shape, traits), shape, { indices, dOut, dTable: start });
  const added = dTable.map((x, i) => x - start[i]);
  expect(relativeError(added, embeddingSumBackwardReference(indices, slots, dOut, width, shape.vocabulary))).toBeLessThan(1e-4);
});

test('lanes search for rows side by side only on software adapters with one subgroup size', () => {
  const shape = { rows: 5, slots: 2, width: 64, vocabulary: 6, bySlot: 1, parts: 1 };
  const adapter = { family: 'software', f16: false, subgroups: { min: 8, max: 8 } } as const;
  expect(embeddingSumBackwardKernel(shape, adapter)).toBe(embeddingSumBackwardSubgroups);
  expect(embeddingSumBackwardKernel({ ...shape, bySlot: 0 }, adapter)).toBe(embeddingSumBackward);
  expect(embeddingSumBackwardKernel({ ...shape, width: 52 }, adapter)).toBe(embeddingSumBackward);
  expect(embeddingSumBackwardKernel(shape, { ...adapter, family: 'gpu' })).toBe(embeddingSumBackward);
  expect(embeddingSumBackwardKernel(shape, { ...adapter, subgroups: undefined })).toBe(embeddingSumBackward);
});

test('indices outside the table add nothing', async () => {
  const shape = { rows: 2, slots: 2, width: 3, vocabulary: 2 };
  const { out } = await runKernel(embeddingSum, shape, {
    indices: Int32Array.of(-1, 7, 1, -1),
    table: Float32Array.of(1, 2, 3, 4, 5, 6),
    out: poison(6),
  });
  expect([...out]).toEqual([0, 0, 0, 4, 5, 6]);
});

describe.each(['software', 'gpu'] as const)('at the edges on %s', (family) => {
  const [slots, width, vocabulary] = [3, 64, 6];
  const shape = { rows: 2, slots, width, vocabulary };

  test.each([
    { ...shape, rows: 0 },
    { ...shape, slots: 0 },
    { ...shape, vocabulary: 0 },
  ])('$rows rows of $slots slots out of $vocabulary', async (sizes) => {
    const indices = new Int32Array(Math.max(1, sizes.rows * sizes.slots)).fill(-1);
    const table = randomNormal(Math.max(1, sizes.vocabulary * width), 1);
    const { out } = await runKernel(embeddingSum, sizes, { indices, table, out: poison(sizes.rows * width) }, { family });
    expect([...out]).toEqual(new Array(sizes.rows * width).fill(0));
    const whole = { ...sizes, bySlot: 1, parts: 1 };
    const kernel = embeddingSumBackwardKernel(whole, { ...traits, family });
    const dOut = randomNormal(Math.max(1, sizes.rows * width), 2);
    const { dTable } = await runKernel(kernel, whole, { indices, dOut, dTable: table.slice() }, { family });
    expect([...dTable]).toEqual([...table]);
  });

  test('what is not finite reaches the rows that read it, and the table rows that were read', async () => {
    const indices = Int32Array.of(0, 2, -1, 1, 3, 5);
    const table = randomNormal(vocabulary * width, 1);
    table.set([Number.NaN, Number.POSITIVE_INFINITY], 2 * width);
    table[4 * width] = Number.NaN;
    const { out } = await runKernel(embeddingSum, shape, { indices, table, out: poison(2 * width) }, { family });
    expect([...out.keys()].filter((i) => !Number.isFinite(out[i]))).toEqual([0, 1]);
    expect([out[0], out[1]]).toEqual([Number.NaN, Number.POSITIVE_INFINITY]);
    const whole = { ...shape, bySlot: 1, parts: 1 };
    const dOut = randomNormal(2 * width, 2);
    dOut[width + 7] = Number.NaN;
    const kernel = embeddingSumBackwardKernel(whole, { ...traits, family });
    const dTable = new Float32Array(vocabulary * width);
    const found = await runKernel(kernel, whole, { indices, dOut, dTable }, { family });
    const poisoned = [...found.dTable.keys()].filter((i) => Number.isNaN(found.dTable[i]));
    expect(poisoned).toEqual([1, 3, 5].map((row) => row * width + 7));
  });

  test('more slots than an axis has workgroups', async () => {
    const sizes = { rows: 1, slots: 70_000, width: 32, vocabulary: 70_000, bySlot: 1, parts: 1 };
    const indices = Int32Array.from({ length: sizes.slots }, (_, i) => i);
    const dOut = randomNormal(sizes.width, 1);
    const kernel = embeddingSumBackwardKernel(sizes, { ...traits, family });
    const dTable = new Float32Array(sizes.vocabulary * sizes.width);
    const found = await runKernel(kernel, sizes, { indices, dOut, dTable }, { family });
    const wrong = found.dTable.findIndex((value, i) => value !== dOut[i % sizes.width]);
    expect(wrong).toBe(-1);
  });
});
