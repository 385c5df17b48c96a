import { expect, test } from 'vitest';
import { f32, readGolden } from '../testing/golden.js';
import { randomNormal, relativeError, runKernel } from '../testing/harness.js';
import { adamw } from './index.js';
import { adamwReference } from './reference.js';

const settings = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.03 };
const normOf = (g: Float32Array): number => Math.sqrt(g.reduce((sum, x) => sum + x * x, 0));

async function steps(start: Float32Array, gradients: Float32Array[], learningRate: number, clip: number) {
  let state = { parameters: start, m: new Float32Array(start.length), v: new Float32Array(start.length) };
  let skipped = 0;
  const seen: Float32Array[] = [];
  for (const [i, gradient] of gradients.entries()) {
    const hyper = Float32Array.of(learningRate, 1 - 0.9 ** (i + 1), 1 - 0.999 ** (i + 1), clip);
    const shape = { count: start.length, ...settings };
    const out = await runKernel(adamw, shape, { gradients: gradient, hyper, norm: Float32Array.of(normOf(gradient)), ...state, skipped: Float32Array.of(skipped) });
    state = { parameters: out.parameters, m: out.m, v: out.v };
    skipped = out.skipped[0];
    seen.push(out.parameters);
  }
  return { ...state, skipped, seen };
}

test.each(['adamw', 'odd/adamw'])('golden %s: five steps as torch takes them', async (file) => {
  const golden = readGolden(file);
  const n = golden.p.shape[0];
  const gradients = Array.from({ length: 5 }, (_, i) => f32(golden.grad).slice(i * n, (i + 1) * n));
  const { seen } = await steps(f32(golden.p), gradients, 1e-2, 0);
  seen.forEach((parameters, i) => expect(relativeError(parameters, golden.p_after.data.slice(i * n, (i + 1) * n))).toBeLessThan(1e-5));
});

test.each([1, 63, 1001])('clipping by the global norm, %i parameters', async (n) => {
  const start = randomNormal(n, 1);
  const gradients = [randomNormal(n, 2, 3), randomNormal(n, 3, 0.01)];
  const { parameters } = await steps(start, gradients, 1e-2, 1);
  let reference = { parameters: Float64Array.from(start), m: new Float64Array(n), v: new Float64Array(n) };
  gradients.forEach((g, i) => {
    reference = adamwReference(reference, g, i + 1, { learningRate: 1e-2, clip: 1, ...settings }) as typeof reference;
  });
  expect(relativeError(parameters, reference.parameters)).toBeLessThan(1e-5);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('a gradient of norm %f changes nothing and is counted', async (bad) => {
  const start = randomNormal(100, 1);
  const { parameters, m, skipped } = await steps(start, [Float32Array.from({ length: 100 }, (_, i) => (i === 7 ? bad : 1))], 1e-2, 1);
  expect(parameters).toEqual(start);
  expect(m.every((x) => x === 0)).toBe(true);
  expect(skipped).toBe(1);
});
