import {
  type BufferSlot,
  type Cost,
  f32,
  type Kernel,
  specialConstants,
  stridedGrid,
  stridedWorkgroup,
  u32,
  valueConstants,
} from '../declaration.js';
import klSource from './kl.wgsl';
import klBackwardSource from './kl-backward.wgsl';
import logProbSource from './log-prob.wgsl';
import logProbBackwardSource from './log-prob-backward.wgsl';
import posteriorSource from './posterior.wgsl';
import posteriorBackwardSource from './posterior-backward.wgsl';
import sampleSource from './sample.wgsl';
import sampleBackwardSource from './sample-backward.wgsl';

export type GaussianShape = {
  readonly rows: number;
  /** Dimensions of the distribution; a constant of the pipelines that work element by element. */
  readonly dims: number;
  /** 1: logσ is one vector [dims] for all rows; 0: [rows, dims]. `gaussianKl` needs 0. */
  readonly shared: number;
};

const sample: GaussianShape = { rows: 1000, dims: 8, shared: 0 };

const read = (...names: string[]): BufferSlot[] => names.map((name) => ({ name, access: 'read', element: 'f32' }));
const write = (...names: string[]): BufferSlot[] => names.map((name) => ({ name, access: 'read_write', element: 'f32' }));

/** Which buffers are not [rows, dims]: the sums of rows. */
const SHORT: readonly string[] = ['kl', 'dkl', 'logProb', 'dlogProb'];

const lengthsOf = (buffers: readonly BufferSlot[], { rows, dims, shared }: GaussianShape): Record<string, number> =>
  Object.fromEntries(
    buffers.map(({ name }) => [name, SHORT.includes(name) ? rows : name === 'logSigma' && shared === 1 ? dims : rows * dims]),
  );

/** One invocation per row, summing over its dimensions. */
function perRow(name: string, source: string, buffers: readonly BufferSlot[], cost: (shape: GaussianShape) => Cost): Kernel<GaussianShape> {
  return {
    ...{ name: `gaussian/${name}`, source, buffers, cost, sample },
    lengths: (shape) => lengthsOf(buffers, shape),
    uniforms: u32('rows', 'dims'),
    constants: ({ shared }, adapter) => ({ WORKGROUP: stridedWorkgroup(adapter), SHARED: shared === 1 }),
    grid: ({ rows, dims }, adapter) => stridedGrid(rows, adapter, Math.ceil(256 / dims)),
  };
}

/** One invocation per element. */
function perElement(
  name: string,
  source: string,
  buffers: readonly BufferSlot[],
  cost: (shape: GaussianShape) => Cost,
): Kernel<GaussianShape> {
  return {
    ...{ name: `gaussian/${name}`, source, buffers, cost, sample },
    lengths: (shape) => lengthsOf(buffers, shape),
    uniforms: u32('rows'),
    constants: ({ dims, shared }, adapter) => ({ WORKGROUP: stridedWorkgroup(adapter), DIMS: dims, SHARED: shared === 1 }),
    grid: ({ rows, dims }, adapter) => stridedGrid(rows * dims, adapter, 256),
  };
}

/**
 * A cost of so many operations an element, `full` tensors [rows, dims], logσ of its own size and `short` tensors
 * [rows].
 */
const costOf =
  (flops: number, full: number, short: number) =>
  ({ rows, dims, shared }: GaussianShape): Cost => ({
    flops: flops * rows * dims,
    bytes: 4 * (full * rows * dims + (shared ? dims : rows * dims) + short * rows),
  });

/** KL(N(μ, σ²) ‖ N(0, I)) of each row, in nats: mu, logSigma [rows, dims] → kl [rows]. */
export const gaussianKl = perRow('kl', klSource, [...read('mu', 'logSigma'), ...write('kl')], costOf(14, 1, 1));

/** Gradients of `gaussianKl`, overwriting dmu and dlogSigma [rows, dims]. */
export const gaussianKlBackward = perElement(
  'kl-backward',
  klBackwardSource,
  [...read('mu', 'logSigma', 'dkl'), ...write('dmu', 'dlogSigma')],
  costOf(12, 3, 1),
);

/** Log-density of each row, in nats: x, mu [rows, dims], logSigma [rows, dims] or shared [dims] → logProb [rows]. */
export const gaussianLogProb = perRow('log-prob', logProbSource, [...read('x', 'mu', 'logSigma'), ...write('logProb')], costOf(14, 2, 1));

/**
 * Gradients of `gaussianLogProb`, overwriting dmu and dlogSigma, both [rows, dims]: a shared logσ's own is the sum of
 * dlogSigma over rows; the gradient of x is −dmu.
 */
export const gaussianLogProbBackward = perElement(
  'log-prob-backward',
  logProbBackwardSource,
  [...read('x', 'mu', 'logSigma', 'dlogProb'), ...write('dmu', 'dlogSigma')],
  costOf(15, 4, 1),
);

/** Reparameterised sample x = μ + exp(logσ) · noise (arXiv 1312.6114, §2.4). mu, noise, x [rows, dims]. */
export const gaussianSample = perElement('sample', sampleSource, [...read('mu', 'logSigma', 'noise'), ...write('x')], costOf(10, 3, 0));

/** Gradient of `gaussianSample` for logσ, overwriting dlogSigma [rows, dims] (sum over rows where shared); dμ is dx. */
export const gaussianSampleBackward = perElement(
  'sample-backward',
  sampleBackwardSource,
  [...read('logSigma', 'noise', 'dx'), ...write('dlogSigma')],
  costOf(10, 3, 0),
);

export type PosteriorShape = Pick<GaussianShape, 'rows' | 'dims'> & {
  /** Bounds of logσ. */
  readonly low: number;
  readonly high: number;
  /** 1 where `noise` is read; otherwise the sample is μ. */
  readonly withNoise: number;
};

const posteriorUniforms = [...u32('rows', 'dims'), ...f32('low', 'high')];
const posteriorSample: PosteriorShape = { rows: 1000, dims: 8, low: -5, high: 3, withNoise: 1 };

/**
 * The head of an encoder at once: from `code [rows, 2·dims]` = (μ, logσ) side by side `mu` and `logSigma` [rows, dims],
 * the latter clamped, `sample [rows, dims]` = μ + exp(logσ) · noise and `kl [rows]` = KL(N(μ, σ²) ‖ N(0, I)).
 */
export const gaussianPosterior: Kernel<PosteriorShape> = {
  name: 'gaussian/posterior',
  source: posteriorSource,
  buffers: [...read('code', 'noise'), ...write('mu', 'logSigma', 'sample', 'kl')],
  lengths: ({ rows, dims, withNoise }) => ({
    ...{ code: 2 * rows * dims, noise: withNoise * rows * dims },
    ...{ mu: rows * dims, logSigma: rows * dims, sample: rows * dims, kl: rows },
  }),
  uniforms: posteriorUniforms,
  constants: ({ withNoise }, adapter) => ({
    WORKGROUP: stridedWorkgroup(adapter),
    NOISE: withNoise === 1,
    ...valueConstants(false),
    ...specialConstants(false),
  }),
  grid: ({ rows, dims }, adapter) => stridedGrid(rows, adapter, Math.ceil(256 / dims)),
  cost: ({ rows, dims }) => ({ flops: 16 * rows * dims, bytes: 4 * rows * (6 * dims + 1) }),
  sample: posteriorSample,
};

export type PosteriorBackwardShape = PosteriorShape & {
  /** 1 where the gradient of that output is given. */
  readonly withMu: number;
  readonly withLogSigma: number;
  readonly withSample: number;
  readonly withKl: number;
};

/** Gradient of `gaussianPosterior`, overwriting dcode [rows, 2·dims]; 0 for a logσ that was clamped. */
export const gaussianPosteriorBackward: Kernel<PosteriorBackwardShape> = {
  name: 'gaussian/posterior-backward',
  source: posteriorBackwardSource,
  buffers: [...read('code', 'noise', 'dmu', 'dlogSigma', 'dsample', 'dkl'), ...write('dcode')],
  lengths: ({ rows, dims, withNoise, withMu, withLogSigma, withSample, withKl }) => ({
    ...{ code: 2 * rows * dims, noise: withNoise * rows * dims, dcode: 2 * rows * dims },
    ...{ dmu: withMu * rows * dims, dlogSigma: withLogSigma * rows * dims, dsample: withSample * rows * dims, dkl: withKl * rows },
  }),
  uniforms: posteriorUniforms,
  constants: ({ withNoise, withMu, withLogSigma, withSample, withKl }, adapter) => ({
    WORKGROUP: stridedWorkgroup(adapter),
    NOISE: withNoise === 1,
    D_MU: withMu === 1,
    D_LOG_SIGMA: withLogSigma === 1,
    D_SAMPLE: withSample === 1,
    D_KL: withKl === 1,
    ...valueConstants(false),
    ...specialConstants(false),
  }),
  grid: ({ rows, dims }, adapter) => stridedGrid(rows, adapter, Math.ceil(256 / dims)),
  cost: ({ rows, dims }) => ({ flops: 18 * rows * dims, bytes: 4 * rows * (6 * dims + 1) }),
  sample: { ...posteriorSample, withMu: 0, withLogSigma: 0, withSample: 1, withKl: 1 },
};
