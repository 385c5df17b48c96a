/** Diagonal Gaussians given by their mean and the logarithm of their standard deviation. */
import {
  type GaussianShape,
  gaussianKlBackward,
  gaussianLogProbBackward,
  gaussianPosteriorBackward,
  gaussianSampleBackward,
  gaussianKl as klKernel,
  gaussianLogProb as logProbKernel,
  gaussianPosterior as posteriorKernel,
  gaussianSample as sampleKernel,
} from '@coxswain/kernels';
import { type Backward, op } from '../autograd.js';
import { requireNumber } from '../checks.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { scale } from './elementwise.js';
import { sumTo } from './reduce.js';

/** Rows and dimensions of mu [N, d] and logSigma [N, d] or, one for all rows, [d]. */
function gaussianShape(operation: string, mu: Tensor, logSigma: Tensor, others: readonly Tensor[] = []): GaussianShape {
  const [rows, dims] = mu.shape;
  const shared = logSigma.shape.length === 1 ? 1 : 0;
  const fits = mu.shape.length === 2 && logSigma.shape.at(-1) === dims && (shared === 1 || logSigma.size === mu.size);
  if (!fits || others.some(({ size }) => size !== mu.size)) {
    const got = [mu, logSigma, ...others].map(({ shape }) => `[${shape}]`).join(', ');
    throw new ShapeError(operation, `shapes ${got}`, 'mu [N, d], logSigma [N, d] or [d], and the rest like mu');
  }
  return { rows, dims, shared };
}

/**
 * KL(N(μ, σ²) ‖ N(0, I)) of each row, in nats.
 * @param mu [N, d]
 * @param logSigma [N, d]
 * @returns [N]
 */
export function gaussianKl(mu: Tensor, logSigma: Tensor): Tensor<'f32'> {
  const { device } = mu;
  const shape = gaussianShape('gaussianKl', mu, logSigma);
  if (shape.shared === 1) throw new ShapeError('gaussianKl', `logSigma [${logSigma.shape}]`, `[${mu.shape}]`);
  const kl = device.empty([shape.rows]);
  device.dispatch(klKernel, shape, { mu, logSigma, kl });
  op('gaussianKl', [mu, logSigma], [kl], ([dkl]) => {
    const [dmu, dlogSigma] = [device.empty(mu.shape), device.empty(mu.shape)];
    device.dispatch(gaussianKlBackward, shape, { mu, logSigma, dkl: dkl as Tensor, dmu, dlogSigma });
    return [dmu, dlogSigma];
  });
  return kl;
}

/**
 * log N(x; μ, σ²) of each row, in nats.
 * @param x [N, d]
 * @param mu [N, d]
 * @param logSigma [N, d], or [d] for all rows
 * @returns [N]
 */
export function gaussianLogProb(x: Tensor, mu: Tensor, logSigma: Tensor): Tensor<'f32'> {
  const { device } = mu;
  const shape = gaussianShape('gaussianLogProb', mu, logSigma, [x]);
  const logProb = device.empty([shape.rows]);
  device.dispatch(logProbKernel, shape, { x, mu, logSigma, logProb });
  op('gaussianLogProb', [x, mu, logSigma], [logProb], ([dlogProb]) => {
    const [dmu, dlogSigma] = [device.empty(mu.shape), device.empty(mu.shape)];
    device.dispatch(gaussianLogProbBackward, shape, { x, mu, logSigma, dlogProb: dlogProb as Tensor, dmu, dlogSigma });
    return [x.requiresGradient ? scale(dmu, -1) : null, dmu, logSigma.requiresGradient ? sumTo(dlogSigma, logSigma.shape) : null];
  });
  return logProb;
}

/**
 * A sample as a differentiable function of its distribution: μ + exp(logσ) · noise (arXiv 1312.6114, §2.4).
 * @param mu [N, d]
 * @param logSigma [N, d], or [d] for all rows
 * @param noise standard normal, [N, d]; it has no gradient
 * @returns [N, d]
 */
export function reparameterise(mu: Tensor, logSigma: Tensor, noise: Tensor): Tensor<'f32'> {
  const { device } = mu;
  const shape = gaussianShape('reparameterise', mu, logSigma, [noise]);
  const x = device.empty(mu.shape);
  device.dispatch(sampleKernel, shape, { mu, logSigma, noise, x });
  const backward = (dx: Tensor): (Tensor | null)[] => {
    if (!logSigma.requiresGradient) return [dx, null];
    const dlogSigma = device.empty(mu.shape);
    device.dispatch(gaussianSampleBackward, shape, { logSigma, noise, dx, dlogSigma });
    return [dx, sumTo(dlogSigma, logSigma.shape)];
  };
  op('reparameterise', [mu, logSigma], [x], ([dx]) => backward(dx as Tensor), { saves: [logSigma, noise], constants: { noise } });
  return x;
}

/** What an encoder says of a code; all [N, d] but the KL. */
export interface Posterior {
  readonly mu: Tensor<'f32'>;
  /** Clamped; no gradient flows where it was. */
  readonly logSigma: Tensor<'f32'>;
  /** μ + exp(logσ) · noise, or μ without noise. */
  readonly sample: Tensor<'f32'>;
  /** KL(N(μ, σ²) ‖ N(0, I)) of each row, in nats [N]. */
  readonly kl: Tensor<'f32'>;
}

/**
 * A diagonal Gaussian from an encoder's output, a sample of it and its KL divergence from the standard normal, in one
 * launch.
 * @param code [N, 2·d]: μ, then logσ.
 * @param bounds of logσ.
 * @param noise standard normal, [N, d]; it has no gradient.
 * @returns [N, d] of each, the KL [N]
 */
export function gaussianPosterior(code: Tensor, bounds: readonly [low: number, high: number], noise?: Tensor): Posterior {
  const { device } = code;
  const [rows, both] = code.shape;
  const dims = both / 2;
  if (code.shape.length !== 2 || !Number.isInteger(dims) || (noise && noise.size !== rows * dims))
    throw new ShapeError('gaussianPosterior', `code [${code.shape}] and noise [${noise?.shape}]`, '[N, 2·d] and [N, d]');
  requireNumber('gaussianPosterior', 'bounds', bounds[0], 'a number', Number.isFinite);
  requireNumber('gaussianPosterior', 'bounds', bounds[1], `a number of at least ${bounds[0]}`, (high) => high >= bounds[0]);
  const shape = { rows, dims, low: bounds[0], high: bounds[1], withNoise: noise ? 1 : 0 };
  const [mu, logSigma, sample] = [0, 1, 2].map(() => device.empty([rows, dims]));
  const kl = device.empty([rows]);
  const given = { code, noise: noise ?? device.dummy };
  device.dispatch(posteriorKernel, shape, { ...given, mu, logSigma, sample, kl });
  const backward: Backward = ([dmu, dlogSigma, dsample, dkl]) => {
    const dcode = device.empty(code.shape);
    const flags = { withMu: dmu ? 1 : 0, withLogSigma: dlogSigma ? 1 : 0, withSample: dsample ? 1 : 0, withKl: dkl ? 1 : 0 };
    const gradients = {
      dmu: dmu ?? device.dummy,
      dlogSigma: dlogSigma ?? device.dummy,
      dsample: dsample ?? device.dummy,
      dkl: dkl ?? device.dummy,
    };
    device.dispatch(gaussianPosteriorBackward, { ...shape, ...flags }, { ...given, ...gradients, dcode });
    return [dcode];
  };
  const saves = noise ? [code, noise] : [code];
  op('gaussianPosterior', [code], [mu, logSigma, sample, kl], backward, { saves, constants: { noise } });
  return { mu, logSigma, sample, kl };
}
