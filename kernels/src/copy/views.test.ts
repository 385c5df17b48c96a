import { expect, test } from 'vitest';
import type { Family } from '../declaration.js';
import { poison, randomNormal, randomUniform, runKernel, testDevice } from '../testing/harness.js';
import { copyPad, copyView, transposeFields, transposeKernel, type ViewAxis, type ViewShape, viewFields } from './index.js';
import { padReference, viewReference } from './reference.js';

const FAMILIES: Family[] = ['software', 'gpu'];
const { traits } = await testDevice();

/** Axes of a tensor of these sizes in another order. */
function permuted(sizes: readonly number[], order: readonly number[]): ViewAxis[] {
  const axes = sizes.map((length, i) => ({ length, stride: sizes.slice(i + 1).reduce((product, n) => product * n, 1) }));
  return order.map((axis) => axes[axis]);
}

/** Copies the view by every kernel that this family has for it, which have to agree with the reference to the bit. */
async function expectCopied(shape: ViewShape, length: number, family: Family): Promise<boolean> {
  const x = randomNormal(length, 1);
  const expected = Array.from(viewReference(shape, x));
  const { out } = await runKernel(copyView, shape, { x, out: poison(expected.length) }, { family });
  expect(Array.from(out)).toEqual(expected);
  const fields = transposeFields(shape);
  const kernel = fields && transposeKernel(fields, { ...traits, family });
  if (!kernel) return false;
  const transposed = await runKernel(kernel, fields, { x, out: poison(expected.length) }, { family });
  expect(Array.from(transposed.out)).toEqual(expected);
  return true;
}

const PERMUTATIONS: [number[], number[], { software: boolean; gpu: boolean }][] = [
  [[64, 128], [1, 0], { software: true, gpu: true }],
  [[37, 53], [1, 0], { software: false, gpu: true }],
  [[4, 8, 12], [0, 2, 1], { software: true, gpu: true }],
  [[8, 4, 12], [2, 1, 0], { software: true, gpu: true }],
  [[5, 7, 33, 6], [0, 2, 1, 3], { software: false, gpu: false }],
  [[2, 36, 3, 40], [3, 0, 2, 1], { software: false, gpu: false }],
  [[2, 12, 4, 8], [0, 3, 2, 1], { software: true, gpu: true }],
  [[8, 3, 2, 4, 12], [1, 2, 3, 4, 0], { software: true, gpu: true }],
  [[2, 3, 2, 5, 3, 7], [5, 4, 3, 2, 1, 0], { software: false, gpu: false }],
  [[1, 1, 9], [2, 0, 1], { software: false, gpu: false }],
  [[2, 3, 1, 64], [1, 0, 2, 3], { software: false, gpu: false }],
];

for (const family of FAMILIES) {
  test.each(PERMUTATIONS)(`permutation of [%s] to %s on ${family}`, async (sizes, order, transposes) => {
    const length = sizes.reduce((product, n) => product * n, 1);
    expect(await expectCopied(viewFields(permuted(sizes, order)), length, family)).toBe(transposes[family]);
  });

  test(`flips, steps and repetitions on ${family}`, async () => {
    // A flip of the rows of [9, 32], of both axes of it, every third of its columns backwards, and it three times over.
    const [rows, columns] = [
      { length: 9, stride: 32 },
      { length: 32, stride: 1 },
    ];
    const back = ({ length, stride }: ViewAxis): ViewAxis => ({ length, stride: -stride });
    await expectCopied(viewFields([back(rows), columns], 8 * 32), 288, family);
    await expectCopied(viewFields([back(rows), back(columns)], 287), 288, family);
    await expectCopied(viewFields([rows, { length: 11, stride: -3 }], 31), 288, family);
    await expectCopied(viewFields([{ length: 3, stride: 0 }, rows, { length: 2, stride: 0 }, columns]), 288, family);
    await expectCopied(viewFields([columns, { length: 8, stride: -32 }], 256), 288, family);
  });

  test(`random views on ${family}`, async () => {
    const numbers = randomUniform(400, 7);
    let at = 0;
    const random = (n: number): number => Math.floor(numbers[at++] * n);
    for (let round = 0; round < 25; round++) {
      const rank = 1 + random(6);
      const sizes = Array.from({ length: rank }, () => 1 + random(6));
      const order = sizes.map((_, i) => i);
      for (let i = rank - 1; i > 0; i--) {
        const j = random(i + 1);
        [order[i], order[j]] = [order[j], order[i]];
      }
      const axes = permuted(sizes, order);
      let offset = 0;
      const turned = axes.map(({ length, stride }) => {
        if (random(3) > 0) return { length, stride };
        offset += (length - 1) * stride;
        return { length, stride: -stride };
      });
      await expectCopied(
        viewFields(turned, offset),
        sizes.reduce((product, n) => product * n, 1),
        family,
      );
    }
  });

  test.each([
    [3, 9, 5, 4, 2, 1],
    [1, 20, 6, 1, 1, 3],
    [2, 3, 9, 5, -2, 1],
    [4, 7, 3, 1, -1, 4],
    [5, 2, 3, 2, 7, 1],
    [1, 1000, 500, 3, 0, 2],
  ])(`padding on ${family}: %i rows, axis %i of %i, inner %i, before %i, step %i`, async (outer, axis, xAxis, inner, before, step) => {
    const x = randomNormal(outer * xAxis * inner, 3);
    const value = new Uint32Array(Float32Array.of(-1.5).buffer)[0];
    const shape = { outer, axis, xAxis, inner, before: before >>> 0, step, value };
    const { out } = await runKernel(copyPad, shape, { x, out: poison(outer * axis * inner) }, { family });
    expect(Array.from(out)).toEqual(Array.from(padReference(shape, x, -1.5)));
  });
}

test('bits survive a transposition: integers that would be NaN or denormal as f32', async () => {
  const x = Uint32Array.from({ length: 64 }, (_, i) => [0x7fc00001, 0xffffffff, 1, 0x7f800001][i % 4] - (i >> 2));
  const shape = viewFields(permuted([8, 8], [1, 0]));
  const fields = transposeFields(shape);
  for (const family of FAMILIES) {
    const kernel = fields && transposeKernel(fields, { ...traits, family });
    if (!kernel) throw new Error('an even matrix has a transposing kernel');
    const { out } = await runKernel(kernel, fields, { x, out: poison(64) }, { family });
    expect(Array.from(new Uint32Array(out.buffer))).toEqual(Array.from(x, (_, i) => x[(i % 8) * 8 + (i >> 3)]));
  }
});

test('seven axes apart are refused', () => {
  expect(() => viewFields(permuted([2, 2, 2, 2, 2, 2, 2], [6, 5, 4, 3, 2, 1, 0]))).toThrow('7 separate axes');
});
