import { expect, test } from 'vitest';
import { f32, readGolden } from '../testing/golden.js';
import { randomNormal, relativeError, runKernel } from '../testing/harness.js';
import { adamw, adamwHyper } from './index.js';
import { adamwReference } from './reference.js';

const options = { learningRate: 1e-2, beta1: 0.9, beta2: 0.999, maxNorm: 0 };
const shapeOf = (count: number, weightDecay = 0.03) => ({ count, decay1: 1 - 0.9, decay2: 1 - 0.999, eps: 1e-8, weightDecay });
const normOf = (x: Float32Array): number => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));

test.each(['adamw', 'odd/adamw'])('golden %s: five steps', async (file) => {
  const golden = readGolden(file);
  const count = golden.p.shape[0];
  let parameters: Float32Array = f32(golden.p);
  let mean = new Float32Array(count);
  let variance = new Float32Array(count);
  for (let step = 1; step <= 5; step++) {
    const gradients = f32(golden.grad).subarray((step - 1) * count, step * count);
    const out = await runKernel(adamw, shapeOf(count), {
      ...{ parameters, gradients, mean, variance, hyper: adamwHyper({ ...options, step }) },
      ...{ norm: Float32Array.of(normOf(gradients)), skipped: new Uint32Array(1) },
    });
    ({ parameters, mean, variance } = out as typeof out & { mean: Float32Array<ArrayBuffer>; variance: Float32Array<ArrayBuffer> });
    expect(relativeError(parameters, golden.p_after.data.subarray((step - 1) * count, step * count))).toBeLessThanOrEqual(1e-5);
  }
});

test.each([1, 63, 1001, 70_000])('%i parameters against the reference, clipped to a norm', async (count) => {
  const [parameters, gradients] = [randomNormal(count, 1), randomNormal(count, 2, 5)];
  const mean = randomNormal(count, 3, 0.1);
  const variance = randomNormal(count, 4).map((value) => value * value);
  const norm = normOf(gradients);
  for (const maxNorm of [1, 1e6]) {
    const hyper = adamwHyper({ ...options, step: 7, maxNorm });
    const out = await runKernel(adamw, shapeOf(count, 0), {
      ...{ parameters, gradients, mean, variance, hyper, norm: Float32Array.of(norm), skipped: new Uint32Array(1) },
    });
    const before = { parameters: Float64Array.from(parameters), mean: Float64Array.from(mean), variance: Float64Array.from(variance) };
    const expected = adamwReference(shapeOf(count, 0), before, gradients, hyper, norm);
    expect(relativeError(out.parameters, expected.parameters)).toBeLessThanOrEqual(1e-5);
    expect(relativeError(out.mean, expected.mean)).toBeLessThanOrEqual(1e-5);
    expect(relativeError(out.variance, expected.variance)).toBeLessThanOrEqual(1e-5);
    expect(new Uint32Array(out.skipped.buffer)[0]).toBe(0);
  }
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('a gradient norm of %d leaves everything as it was and is counted', async (norm) => {
  const [parameters, mean] = [randomNormal(100, 1), randomNormal(100, 2)];
  const variance = mean.map((value) => value * value);
  const out = await runKernel(adamw, shapeOf(100), {
    ...{ parameters, gradients: new Float32Array(100).fill(Number.NaN), mean, variance },
    ...{ hyper: adamwHyper({ ...options, step: 1 }), norm: Float32Array.of(norm), skipped: Uint32Array.of(4) },
  });
  expect(out.parameters).toEqual(parameters);
  expect(out.mean).toEqual(mean);
  expect(out.variance).toEqual(variance);
  expect(new Uint32Array(out.skipped.buffer)[0]).toBe(5);
});

test('bias corrections keep their digits and steps count from 1', () => {
  expect(adamwHyper({ ...options, step: 1 })[2]).toBe(Math.fround(1 - 0.999));
  expect(() => adamwHyper({ ...options, step: 0 })).toThrow('count from 1');
});
