import { describe, expect, test } from 'vitest';
import type { Family } from '../declaration.js';
import { f32, readGolden } from '../testing/golden.js';
import { poison, randomNormal, randomUniform, relativeError, runKernel } from '../testing/harness.js';
import * as room from './index.js';
import * as reference from './reference.js';

const targetsFor = (rows: number, classes: number): Int32Array =>
  Int32Array.from(randomUniform(rows, 9), (u) => Math.floor(u * (classes + 1)) - 1);

async function maskedMean(values: Float32Array, mask: Float32Array): Promise<Float32Array> {
  const parts = room.partsOf(mask.length);
  const { partial } = await runKernel(room.maskedSums, { count: mask.length, parts }, { values, mask, partial: poison(2 * parts) });
  return (await runKernel(room.weightedMeans, { parts, quantities: 1 }, { partial, out: poison(2) })).out;
}

const FAMILIES: readonly Family[] = ['software', 'gpu'];

describe.each(
  [
    [1, 1],
    [64, 4],
    [111, 7],
    [37, 50],
    [1001, 16],
    [70, 257],
    [3, 5003],
  ].flatMap((sizes) => FAMILIES.map((family) => [...sizes, family] as [number, number, Family])),
)('%i rows of %i classes, %s', (rows, classes, family) => {
  const shape = { rows, classes };
  const logits = randomNormal(rows * classes, 1, 3);
  const dout = randomNormal(rows * classes, 2);

  test('softmax and log-softmax with their gradients', async () => {
    for (const logarithm of [false, true]) {
      const [forward, backward] = logarithm ? [room.logSoftmax, room.logSoftmaxBackward] : [room.softmax, room.softmaxBackward];
      const expected = (logarithm ? reference.logSoftmaxReference : reference.softmaxReference)(shape, logits);
      const { out } = await runKernel(forward, shape, { x: logits, out: poison(rows * classes) }, { family });
      expect(relativeError(out, expected)).toBeLessThanOrEqual(1e-5);
      const { dx } = await runKernel(backward, shape, { y: out, dout, dx: poison(rows * classes) }, { family });
      const gradient = reference.softmaxBackwardReference(shape, logits, dout, logarithm);
      // One class: the gradient is exactly 0, only its size can be compared.
      if (classes === 1) expect(Math.abs(dx[0])).toBeLessThanOrEqual(1e-6);
      else expect(relativeError(dx, gradient)).toBeLessThanOrEqual(1e-5);
    }
  });

  test('negative log-likelihood and its gradient, padding included', async () => {
    const targets = targetsFor(rows, classes);
    if (rows === 1) targets[0] = 0;
    const { nll } = await runKernel(room.crossEntropy, shape, { logits, targets, nll: poison(rows) }, { family });
    expect(relativeError(nll, reference.crossEntropyReference(shape, logits, targets))).toBeLessThanOrEqual(1e-5);
    const dnll = randomNormal(rows, 3);
    const { dlogits } = await runKernel(
      room.crossEntropyBackward,
      shape,
      { logits, targets, dnll, dlogits: poison(rows * classes) },
      { family },
    );
    const expected = reference.crossEntropyBackwardReference(shape, logits, targets, dnll);
    expect(relativeError(dlogits, expected)).toBeLessThanOrEqual(1e-5);
  });
});

test.each(FAMILIES.flatMap((family) => [5, 300].map((classes) => [family, classes] as const)))(
  '%s, %i classes: NaN and infinity make their row NaN as in PyTorch, and no other',
  async (family, classes) => {
    const shape = { rows: 4, classes };
    const logits = randomNormal(4 * classes, 1);
    logits[classes + 2] = Number.NaN;
    logits[2 * classes] = Number.POSITIVE_INFINITY;
    logits[3 * classes + 1] = Number.NEGATIVE_INFINITY;
    const targets = Int32Array.of(0, 0, 1, 0);
    const { nll } = await runKernel(room.crossEntropy, shape, { logits, targets, nll: poison(4) }, { family });
    expect(Array.from(nll, Number.isNaN)).toEqual([false, true, true, false]);
    const { out } = await runKernel(room.softmax, shape, { x: logits, out: poison(4 * classes) }, { family });
    expect(out.subarray(classes, 3 * classes).every(Number.isNaN)).toBe(true);
    expect([...out.subarray(0, classes), ...out.subarray(3 * classes)].every(Number.isFinite)).toBe(true);
    expect(out[3 * classes + 1]).toBe(0);
  },
);

test.each(FAMILIES)('%s: −1 is padding, any other target that is no class gives NaN', async (family) => {
  const shape = { rows: 4, classes: 3 };
  const logits = randomNormal(12, 1);
  const targets = Int32Array.of(-1, 3, -2, 2);
  const { nll } = await runKernel(room.crossEntropy, shape, { logits, targets, nll: poison(4) }, { family });
  expect(Array.from(nll, Number.isNaN)).toEqual([false, true, true, false]);
  expect(nll[0]).toBe(0);
  const dnll = new Float32Array(4).fill(1);
  const { dlogits } = await runKernel(room.crossEntropyBackward, shape, { logits, targets, dnll, dlogits: poison(12) }, { family });
  expect(Array.from(dlogits, Number.isNaN)).toEqual([0, 1, 1, 0].flatMap((bad) => [bad, bad, bad].map(Boolean)));
  expect(Array.from(dlogits.subarray(0, 3))).toEqual([0, 0, 0]);
});

test('huge logits stay finite and exact', async () => {
  const shape = { rows: 3, classes: 3 };
  const logits = Float32Array.of(1e30, 0, -1e30, -1e30, -1e30, -1e30, 5000, 4999, -5000);
  const targets = Int32Array.of(0, 1, 1);
  const { nll } = await runKernel(room.crossEntropy, shape, { logits, targets, nll: poison(3) });
  expect(relativeError(nll, reference.crossEntropyReference(shape, logits, targets))).toBeLessThanOrEqual(1e-5);
  const { out } = await runKernel(room.softmax, shape, { x: logits, out: poison(9) });
  expect(relativeError(out, reference.softmaxReference(shape, logits))).toBeLessThanOrEqual(1e-5);
});

test.each([1, 8, 63, 3001, 70_000])('masked mean of %i values', async (count) => {
  const values = randomNormal(count, 1).map((value) => value + 0.5);
  const mask = Float32Array.from(randomUniform(count, 2), (u) => (u < 0.7 ? 1 : 0));
  mask[0] = 1;
  const mean = await maskedMean(values, mask);
  expect(relativeError(mean, reference.maskedMeanReference(values, mask))).toBeLessThanOrEqual(1e-5);
  const dmean = Float32Array.of(-1.5);
  const { dvalues } = await runKernel(room.maskedMeanBackward, { count }, { mask, mean, dmean, dvalues: poison(count) });
  expect(
    relativeError(
      dvalues,
      Float64Array.from(mask, (m) => (m * -1.5) / mean[1]),
    ),
  ).toBeLessThanOrEqual(1e-5);
});

test('an empty mask gives 0, a masked value that is not a number does not count', async () => {
  const empty = await maskedMean(randomNormal(9, 1), new Float32Array(9));
  expect(Array.from(empty)).toEqual([0, 0]);
  const { dvalues } = await runKernel(
    room.maskedMeanBackward,
    { count: 9 },
    { mask: new Float32Array(9), mean: empty, dmean: Float32Array.of(1), dvalues: poison(9) },
  );
  expect(Array.from(dvalues)).toEqual(new Array(9).fill(0));
  expect(Array.from(await maskedMean(Float32Array.of(Number.NaN, 2, 4), Float32Array.of(0, 1, 1)))).toEqual([3, 2]);
});

test.each(['cross_entropy', 'odd/cross_entropy'])('golden %s', async (file) => {
  const golden = readGolden(file);
  const [rows, classes] = golden.logits.shape;
  const [logits, targets, mask] = [f32(golden.logits), golden.target.data as Int32Array, f32(golden.mask)];
  const { nll } = await runKernel(room.crossEntropy, { rows, classes }, { logits, targets, nll: poison(rows) });
  const mean = await maskedMean(nll, mask);
  expect(relativeError([mean[0]], golden.loss.data)).toBeLessThanOrEqual(1e-5);
  const { dvalues } = await runKernel(
    room.maskedMeanBackward,
    { count: rows },
    { mask, mean, dmean: Float32Array.of(1), dvalues: poison(rows) },
  );
  const { dlogits } = await runKernel(
    room.crossEntropyBackward,
    { rows, classes },
    { logits, targets, dnll: dvalues, dlogits: poison(rows * classes) },
  );
  expect(relativeError(dlogits, golden.dlogits.data)).toBeLessThanOrEqual(1e-5);
});
