import { expect, test } from 'vitest';
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
