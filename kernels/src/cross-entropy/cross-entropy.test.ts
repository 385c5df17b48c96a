import { describe, expect, test } from 'vitest';
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

describe.each([
  [1, 1],
  [64, 4],
  [111, 7],
  [37, 50],
  [1001, 16],
])('%i rows of %i classes', (rows, classes) => {
  const shape = { rows, classes };
  const logits = randomNormal(rows * classes, 1, 3);
  const dout = randomNormal(rows * classes, 2);

  test('softmax and log-softmax with their gradients', async () => {
    for (const logarithm of [false, true]) {
      const [forward, backward] = logarithm ? [room.logSoftmax, room.logSoftmaxBackward] : [room.softmax, room.softmaxBackward];
      const expected = (logarithm ? reference.logSoftmaxReference : reference.softmaxReference)(shape, logits);
      const { out } = await runKernel(forward, shape, { x: logits, out: poison(rows * classes) });
      expect(relativeError(out, expected)).toBeLessThanOrEqual(1e-5);
      const { dx } = await runKernel(backward, shape, { y: out, dout, dx: poison(rows * classes) });
      const gradient = reference.softmaxBackwardReference(shape, logits, dout, logarithm);
      // One class: the gradient is exactly 0, only its size can be compared.
      if (classes === 1) expect(Math.abs(dx[0])).toBeLessThanOrEqual(1e-6);
      else expect(relativeError(dx, gradient)).toBeLessThanOrEqual(1e-5);
    }
  });

  test('negative log-likelihood and its gradient, padding included', async () => {
    const targets = targetsFor(rows, classes);
    if (rows === 1) targets[0] = 0;
    const { nll } = await runKernel(room.crossEntropy, shape, { logits, targets, nll: poison(rows) });
    expect(relativeError(nll, reference.crossEntropyReference(shape, logits, targets))).toBeLessThanOrEqual(1e-5);
    const dnll = randomNormal(rows, 3);
    const { dlogits } = await runKernel(room.crossEntropyBackward, shape, { logits, targets, dnll, dlogits: poison(rows * classes) });
    const expected = reference.crossEntropyBackwardReference(shape, logits, targets, dnll);
    expect(relativeError(dlogits, expected)).toBeLessThanOrEqual(1e-5);
  });
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
