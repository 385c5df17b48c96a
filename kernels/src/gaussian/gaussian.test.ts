import { describe, expect, test } from 'vitest';
import { f32, readGolden } from '../testing/golden.js';
import { poison, randomNormal, relativeError, runKernel } from '../testing/harness.js';
import { mismatches } from '../testing/specials.js';
import * as room from './index.js';
import * as reference from './reference.js';

describe.each([
  [1, 1, 0],
  [64, 8, 0],
  [111, 7, 0],
  [111, 7, 1],
  [1001, 3, 1],
])('%i rows of %i dimensions, shared %i', (rows, dims, shared) => {
  const shape = { rows, dims, shared };
  const count = rows * dims;
  const [x, mu, noise] = [randomNormal(count, 1, 2), randomNormal(count, 2), randomNormal(count, 3)];
  const logSigma = randomNormal(shared ? dims : count, 4, 0.7);
  const upstream = randomNormal(rows, 5);

  test.skipIf(shared === 1)('KL and its gradients', async () => {
    const { kl } = await runKernel(room.gaussianKl, shape, { mu, logSigma, kl: poison(rows) });
    expect(relativeError(kl, reference.gaussianKlReference(shape, mu, logSigma))).toBeLessThanOrEqual(1e-5);
    const buffers = { mu, logSigma, dkl: upstream, dmu: poison(count), dlogSigma: poison(count) };
    const { dmu, dlogSigma } = await runKernel(room.gaussianKlBackward, shape, buffers);
    const expected = reference.gaussianKlBackwardReference(shape, mu, logSigma, upstream);
    expect(relativeError(dmu, expected.dmu)).toBeLessThanOrEqual(1e-5);
    expect(relativeError(dlogSigma, expected.dlogSigma)).toBeLessThanOrEqual(1e-5);
  });

  test('log-density and its gradients', async () => {
    const { logProb } = await runKernel(room.gaussianLogProb, shape, { x, mu, logSigma, logProb: poison(rows) });
    expect(relativeError(logProb, reference.gaussianLogProbReference(shape, x, mu, logSigma))).toBeLessThanOrEqual(1e-5);
    const buffers = { x, mu, logSigma, dlogProb: upstream, dmu: poison(count), dlogSigma: poison(count) };
    const { dmu, dlogSigma } = await runKernel(room.gaussianLogProbBackward, shape, buffers);
    const expected = reference.gaussianLogProbBackwardReference(shape, x, mu, logSigma, upstream);
    expect(relativeError(dmu, expected.dmu)).toBeLessThanOrEqual(1e-5);
    expect(relativeError(dlogSigma, expected.dlogSigma)).toBeLessThanOrEqual(1e-5);
  });

  test('reparameterised sample and its gradient', async () => {
    const drawn = await runKernel(room.gaussianSample, shape, { mu, logSigma, noise, x: poison(count) });
    expect(relativeError(drawn.x, reference.gaussianSampleReference(shape, mu, logSigma, noise))).toBeLessThanOrEqual(1e-5);
    const { dlogSigma } = await runKernel(room.gaussianSampleBackward, shape, { logSigma, noise, dx: x, dlogSigma: poison(count) });
    expect(relativeError(dlogSigma, reference.gaussianSampleBackwardReference(shape, logSigma, noise, x))).toBeLessThanOrEqual(1e-5);
  });
});

const spreads = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 1, -1, 20.5, -20.5, 40, -40, 104, -104];
const means = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 1, -1, 1e4, -1e15];
// Where σ leaves f32 its inverse is 0 or infinite here, and an infinite distance times it NaN: as in PyTorch's f32.
const every = spreads.flatMap((spread) =>
  means.filter((mean) => Number.isNaN(mean + spread) || Number.isFinite(mean) || Math.abs(spread) < 80).map((mean) => [mean, spread]),
);

describe.each(['software', 'gpu'] as const)('specials on %s: NaN and infinity as in float64', (family) => {
  const rows = every.length;
  const shape = { rows, dims: 1, shared: 0 };
  const [mu, logSigma] = [0, 1].map((k) => Float32Array.from(every, (both) => both[k]));
  const [x, noise, ones] = [0.25, -0.5, 1].map((value) => new Float32Array(rows).fill(value));
  const of = (i: number): string => `μ ${mu[i]}, log σ ${logSigma[i]}`;

  test('KL', async () => {
    const { kl } = await runKernel(room.gaussianKl, shape, { mu, logSigma, kl: poison(rows) }, { family });
    expect(mismatches(kl, reference.gaussianKlReference(shape, mu, logSigma), of)).toEqual([]);
    const given = { mu, logSigma, dkl: ones, dmu: poison(rows), dlogSigma: poison(rows) };
    const out = await runKernel(room.gaussianKlBackward, shape, given, { family });
    const expected = reference.gaussianKlBackwardReference(shape, mu, logSigma, ones);
    expect(mismatches(out.dmu, expected.dmu, of)).toEqual([]);
    expect(mismatches(out.dlogSigma, expected.dlogSigma, of)).toEqual([]);
  });

  test('log-density', async () => {
    const { logProb } = await runKernel(room.gaussianLogProb, shape, { x, mu, logSigma, logProb: poison(rows) }, { family });
    expect(mismatches(logProb, reference.gaussianLogProbReference(shape, x, mu, logSigma), of)).toEqual([]);
    const given = { x, mu, logSigma, dlogProb: ones, dmu: poison(rows), dlogSigma: poison(rows) };
    const out = await runKernel(room.gaussianLogProbBackward, shape, given, { family });
    const expected = reference.gaussianLogProbBackwardReference(shape, x, mu, logSigma, ones);
    expect(mismatches(out.dmu, expected.dmu, of)).toEqual([]);
    expect(mismatches(out.dlogSigma, expected.dlogSigma, of)).toEqual([]);
  });

  test('sample', async () => {
    const { x: drawn } = await runKernel(room.gaussianSample, shape, { mu, logSigma, noise, x: poison(rows) }, { family });
    expect(mismatches(drawn, reference.gaussianSampleReference(shape, mu, logSigma, noise), of)).toEqual([]);
    const { dlogSigma } = await runKernel(
      room.gaussianSampleBackward,
      shape,
      { logSigma, noise, dx: ones, dlogSigma: poison(rows) },
      { family },
    );
    expect(mismatches(dlogSigma, reference.gaussianSampleBackwardReference(shape, logSigma, noise, ones), of)).toEqual([]);
  });

  test('posterior: a clamp keeps NaN', async () => {
    const bounds = { low: -5, high: 3, withNoise: 1 };
    const code = Float32Array.from(every.flat());
    const outputs = { mu: poison(rows), logSigma: poison(rows), sample: poison(rows), kl: poison(rows) };
    const out = await runKernel(room.gaussianPosterior, { rows, dims: 1, ...bounds }, { code, noise, ...outputs }, { family });
    const clamped = logSigma.map((value) => Math.min(Math.max(value, -5), 3));
    expect(mismatches(out.logSigma, clamped, of)).toEqual([]);
    expect(mismatches(out.sample, reference.gaussianSampleReference(shape, mu, clamped, noise), of)).toEqual([]);
    expect(mismatches(out.kl, reference.gaussianKlReference(shape, mu, clamped), of)).toEqual([]);
  });
});

// The golden files hold the log of the variance: log σ² = 2 log σ, so d/d log σ = 2 d/d log σ².
const half = (logVariance: Float32Array): Float32Array => logVariance.map((value) => value / 2);
const twice = (gradient: ArrayLike<number>): Float64Array => Float64Array.from(gradient, (value) => 2 * value);

test.each(['gaussian_kl', 'odd/gaussian_kl'])('golden %s', async (file) => {
  const golden = readGolden(file);
  const [rows, dims] = golden.mu.shape;
  const shape = { rows, dims, shared: 0 };
  const [mu, logSigma] = [f32(golden.mu), half(f32(golden.log_var))];
  const { kl } = await runKernel(room.gaussianKl, shape, { mu, logSigma, kl: poison(rows) });
  expect(relativeError(kl, golden.kl.data)).toBeLessThanOrEqual(1e-5);
  const dkl = new Float32Array(rows).fill(1 / rows);
  const buffers = { mu, logSigma, dkl, dmu: poison(rows * dims), dlogSigma: poison(rows * dims) };
  const { dmu, dlogSigma } = await runKernel(room.gaussianKlBackward, shape, buffers);
  expect(relativeError(dmu, golden.dmu.data)).toBeLessThanOrEqual(1e-5);
  expect(relativeError(dlogSigma, twice(golden.dlog_var.data))).toBeLessThanOrEqual(1e-5);
});

test.each(['gaussian_log_prob', 'odd/gaussian_log_prob'])('golden %s', async (file) => {
  const golden = readGolden(file);
  const [rows, dims] = golden.mu.shape;
  const shape = { rows, dims, shared: 0 };
  const [x, mu, logSigma] = [f32(golden.action), f32(golden.mu), half(f32(golden.log_var))];
  const { logProb } = await runKernel(room.gaussianLogProb, shape, { x, mu, logSigma, logProb: poison(rows) });
  expect(relativeError(logProb, golden.log_prob.data)).toBeLessThanOrEqual(1e-5);
  const dlogProb = new Float32Array(rows).fill(1 / rows);
  const buffers = { x, mu, logSigma, dlogProb, dmu: poison(rows * dims), dlogSigma: poison(rows * dims) };
  const { dmu, dlogSigma } = await runKernel(room.gaussianLogProbBackward, shape, buffers);
  expect(relativeError(dmu, golden.dmu.data)).toBeLessThanOrEqual(1e-5);
  expect(relativeError(dlogSigma, twice(golden.dlog_var.data))).toBeLessThanOrEqual(1e-5);
});

describe.each(['software', 'gpu'] as const)('posterior (%s)', (family) => {
  const [rows, dims, low, high] = [37, 5, -0.5, 0.75];
  const count = rows * dims;
  const code = randomNormal(2 * count, 1);
  const [noise, dmu, dlogSigma, dsample, dkl] = [2, 3, 4, 5, 6].map((seed) => randomNormal(count, seed));
  const mu = Float32Array.from({ length: count }, (_, i) => code[2 * dims * Math.floor(i / dims) + (i % dims)]);
  const raw = Float32Array.from({ length: count }, (_, i) => code[2 * dims * Math.floor(i / dims) + dims + (i % dims)]);
  const logSigma = raw.map((value) => Math.min(high, Math.max(low, value)));
  const shape = { rows, dims, shared: 0 };

  test.each([0, 1])('mean, spread, sample and KL, with noise: %i', async (withNoise) => {
    const out = await runKernel(
      room.gaussianPosterior,
      { rows, dims, low, high, withNoise },
      { code, noise, mu: poison(count), logSigma: poison(count), sample: poison(count), kl: poison(rows) },
      { family },
    );
    expect(out.mu).toEqual(mu);
    expect(out.logSigma).toEqual(logSigma);
    const drawn = withNoise ? reference.gaussianSampleReference(shape, mu, logSigma, noise) : mu;
    expect(relativeError(out.sample, drawn)).toBeLessThanOrEqual(1e-5);
    expect(relativeError(out.kl, reference.gaussianKlReference(shape, mu, logSigma))).toBeLessThanOrEqual(1e-5);
  });

  test.each([0b1111, 0b1100, 0b0011, 0b1000])('gradient from outputs %i', async (given) => {
    const [withMu, withLogSigma, withSample, withKl] = [0, 1, 2, 3].map((bit) => (given >> bit) & 1);
    const flags = { withNoise: 1, withMu, withLogSigma, withSample, withKl };
    const bound = { code, noise, dmu, dlogSigma, dsample, dkl, dcode: poison(2 * count) };
    const { dcode } = await runKernel(room.gaussianPosteriorBackward, { rows, dims, low, high, ...flags }, bound, { family });
    const ofKl = reference.gaussianKlBackwardReference(shape, mu, logSigma, dkl);
    const right = new Float64Array(2 * count);
    for (let i = 0; i < count; i++) {
      const at = 2 * dims * Math.floor(i / dims) + (i % dims);
      const toSigma = withSample * dsample[i] * Math.exp(logSigma[i]) * noise[i] + withKl * ofKl.dlogSigma[i] + withLogSigma * dlogSigma[i];
      right[at] = withMu * dmu[i] + withSample * dsample[i] + withKl * ofKl.dmu[i];
      right[at + dims] = raw[i] > low && raw[i] < high ? toSigma : 0;
    }
    expect(relativeError(dcode, right)).toBeLessThanOrEqual(1e-5);
  });
});
