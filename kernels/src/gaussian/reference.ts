import type { GaussianShape } from './index.js';

type Numbers = ArrayLike<number>;

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
const sigmaAt = ({ dims, shared }: GaussianShape, i: number): number => (shared === 1 ? i % dims : i);
const elements = ({ rows, dims }: GaussianShape, each: (i: number, row: number) => number): Float64Array =>
  Float64Array.from({ length: rows * dims }, (_, i) => each(i, Math.floor(i / dims)));

function rowSums(shape: GaussianShape, each: (i: number) => number): Float64Array {
  const sums = new Float64Array(shape.rows);
  for (let i = 0; i < shape.rows * shape.dims; i++) sums[Math.floor(i / shape.dims)] += each(i);
  return sums;
}

/** KL from N(0, I) of each row, in float64. */
export const gaussianKlReference = (shape: GaussianShape, mu: Numbers, logSigma: Numbers): Float64Array =>
  rowSums(shape, (i) => 0.5 * (Math.exp(2 * logSigma[i]) + mu[i] ** 2 - 1) - logSigma[i]);

/** Gradients of the KL, in float64. */
export const gaussianKlBackwardReference = (shape: GaussianShape, mu: Numbers, logSigma: Numbers, dkl: Numbers) => ({
  dmu: elements(shape, (i, row) => mu[i] * dkl[row]),
  dlogSigma: elements(shape, (i, row) => (Math.exp(2 * logSigma[i]) - 1) * dkl[row]),
});

/** Log-density of each row, in float64. */
export const gaussianLogProbReference = (shape: GaussianShape, x: Numbers, mu: Numbers, logSigma: Numbers): Float64Array =>
  rowSums(shape, (i) => {
    const s = logSigma[sigmaAt(shape, i)];
    return -0.5 * ((x[i] - mu[i]) / Math.exp(s)) ** 2 - s - HALF_LOG_TWO_PI;
  });

/** Gradients of the log-density, dlogSigma before any sum over rows, in float64. */
export function gaussianLogProbBackwardReference(shape: GaussianShape, x: Numbers, mu: Numbers, logSigma: Numbers, dlogProb: Numbers) {
  const variance = (i: number): number => Math.exp(2 * logSigma[sigmaAt(shape, i)]);
  return {
    dmu: elements(shape, (i, row) => ((x[i] - mu[i]) / variance(i)) * dlogProb[row]),
    dlogSigma: elements(shape, (i, row) => ((x[i] - mu[i]) ** 2 / variance(i) - 1) * dlogProb[row]),
  };
}

/** μ + exp(logσ) · noise, in float64. */
export const gaussianSampleReference = (shape: GaussianShape, mu: Numbers, logSigma: Numbers, noise: Numbers): Float64Array =>
  elements(shape, (i) => mu[i] + Math.exp(logSigma[sigmaAt(shape, i)]) * noise[i]);

/** Gradient of the sample for logσ, before any sum over rows, in float64. */
export const gaussianSampleBackwardReference = (shape: GaussianShape, logSigma: Numbers, noise: Numbers, dx: Numbers): Float64Array =>
  elements(shape, (i) => dx[i] * Math.exp(logSigma[sigmaAt(shape, i)]) * noise[i]);
