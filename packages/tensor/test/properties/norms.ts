/** Norms, softmax and losses of rows. */
import type { Tensor } from '../../src/index.js';
import * as ops from '../../src/ops/index.js';
import type { Draw } from './draw.js';
import { type Host, sizeOf } from './host.js';
import { expected, finite, sums } from './loops.js';
import { type Expected, type Row, type Rows, row } from './row.js';

/** A shape with a last axis of at least one, now and then a long one. */
function rowsOf(draw: Draw): number[] {
  const shape = draw.shape(0, 2);
  return [...shape, draw.integer(0, 5) === 0 ? draw.pick([31, 64, 65, 127, 260]) : draw.size(17, 1)];
}

/** What each row of the last axis is in terms of the row's elements. */
function byRow(x: Host, f: (values: readonly number[]) => (i: number) => number, magnitude?: (i: number) => number): Expected {
  const width = x.shape.at(-1) as number;
  const made = Array.from({ length: x.data.length / width }, (_, r) => f(x.data.slice(r * width, (r + 1) * width)));
  return expected(x.shape, (i) => made[Math.floor(i / width)](i % width), magnitude);
}

export function logSoftmaxOf(values: readonly number[]): number[] {
  const highest = Math.max(...values);
  const total = Math.log(values.reduce((sum, x) => sum + Math.exp(x - highest), 0));
  return values.map((x) => x - highest - total);
}

const overClasses = (apply: (x: Tensor) => Tensor, f: (logProb: number) => number, tolerance: number, floor: number): Row =>
  row<{ x: Host }>({
    tolerance,
    floor,
    gradients: ['x'],
    draw: (draw) => ({ x: draw.f32(rowsOf(draw), 'huge') }),
    run: ({ x }) => ({ out: apply(x) }),
    reference: ({ x }) => ({
      out: byRow(x, (values) => {
        const logs = logSoftmaxOf(values);
        return (i) => f(logs[i]);
      }),
    }),
    mistakes: {
      'no classes': () => ({ x: { shape: [2, 0], dtype: 'f32', data: [] } }),
      'a number': () => ({ x: { shape: [], dtype: 'f32', data: [1] } }),
    },
  });

const EPS = [1e-6, 1e-5, 0.5];

export const norms: Rows = {
  softmax: overClasses(ops.softmax, Math.exp, 4e-6, 2e-38),
  logSoftmax: overClasses(ops.logSoftmax, (x) => x, 2e-6, 2e-6),
  layerNorm: row<{ x: Host; gamma: Host | undefined; beta: Host | undefined; eps: number }>({
    tolerance: 2e-5,
    floor: 2e-5,
    gradients: ['x', 'gamma', 'beta'],
    draw: (draw) => {
      const shape = rowsOf(draw);
      const affine = draw.bool();
      const vector = (): Host | undefined => (affine ? draw.f32([shape.at(-1) as number], 'special') : undefined);
      return { x: draw.f32(shape, 'special'), gamma: vector(), beta: vector(), eps: draw.pick(EPS) };
    },
    run: ({ x, gamma, beta, eps }) => ({ y: ops.layerNorm(x, { gamma, beta, eps }) }),
    reference: ({ x, gamma, beta, eps }) => ({
      y: byRow(x, (values) => {
        const width = values.length;
        const mean = sums(width, (k) => values[k])[0] / width;
        const variance = sums(width, (k) => (values[k] - mean) ** 2)[0] / width;
        const factor = 1 / Math.sqrt(variance + eps);
        return (i) => (values[i] - mean) * factor * (gamma?.data[i] ?? 1) + (beta?.data[i] ?? 0);
      }),
    }),
    mistakes: { 'a gain alone': (given, draw) => ({ ...given, gamma: draw.f32([given.x.shape.at(-1) as number]), beta: undefined }) },
  }),
  rmsNorm: row<{ x: Host; gamma: Host; eps: number }>({
    tolerance: 4e-6,
    // Rows of huge numbers are scaled by what is next to a denormal, which may be flushed.
    floor: 2 ** -120,
    gradients: ['x', 'gamma'],
    draw: (draw) => {
      const shape = rowsOf(draw);
      return { x: draw.f32(shape, 'huge'), gamma: draw.f32([shape.at(-1) as number], 'special'), eps: draw.pick(EPS) };
    },
    run: ({ x, gamma, eps }) => ({ y: ops.rmsNorm(x, { gamma, eps }) }),
    reference: ({ x, gamma, eps }) => ({
      y: byRow(x, (values) => {
        const width = values.length;
        const factor = 1 / Math.sqrt(sums(width, (k) => values[k] ** 2)[0] / width + eps);
        return (i) => values[i] * factor * gamma.data[i];
      }),
    }),
  }),
  crossEntropy: row<{ logits: Host; targets: Host }>({
    tolerance: 2e-6,
    floor: 2e-6,
    gradients: ['logits'],
    draw: (draw) => {
      const [rows, classes] = [draw.size(9), draw.integer(0, 5) === 0 ? draw.pick([64, 130, 300]) : draw.size(17, 1)];
      // −1 is padding; what is no class at all gives NaN.
      const targets = draw.i32([rows], -1, draw.wildness === 'plain' ? classes - 1 : classes);
      return { logits: draw.f32([rows, classes], 'huge'), targets };
    },
    run: ({ logits, targets }) => ({ nll: ops.crossEntropy(logits, targets) }),
    reference: ({ logits, targets }) => {
      const [rows, classes] = logits.shape;
      const value = (r: number): number => {
        const target = targets.data[r];
        if (target === -1) return 0;
        if (target < 0 || target >= classes) return Number.NaN;
        return -logSoftmaxOf(logits.data.slice(r * classes, (r + 1) * classes))[target];
      };
      return { nll: expected([rows], value) };
    },
    mistakes: {
      'no classes': () => ({ logits: { shape: [2, 0], dtype: 'f32', data: [] }, targets: { shape: [2], dtype: 'i32', data: [0, 0] } }),
    },
  }),
  maskedMean: row<{ values: Host; mask: Host }>({
    tolerance: 2e-6,
    gradients: ['values'],
    draw: (draw) => {
      const shape = draw.shape(1, 3);
      const mask = draw.f32(shape, 'plain');
      return { values: draw.f32(shape, 'special'), mask: { ...mask, data: mask.data.map((x) => (x > 0 ? 1 : 0)) } };
    },
    run: ({ values, mask }) => ({ mean: ops.maskedMean(values, mask) }),
    reference: ({ values, mask }) => {
      const [total, magnitude] = sums(sizeOf(values.shape), (k) => (mask.data[k] === 0 ? 0 : values.data[k] * mask.data[k]));
      const weight = mask.data.reduce((sum, x) => sum + x, 0);
      return {
        mean: expected(
          [1],
          () => (weight > 0 ? total / weight : 0),
          () => (weight > 0 ? magnitude / weight : 0),
        ),
      };
    },
  }),
};

const LOG_ROOT = 0.5 * Math.log(2 * Math.PI);

/** Of each row, the sum of a term of its elements. */
function rowSums(mu: Host, term: (i: number) => number, size: (i: number) => number = (i) => finite(term(i))): Expected {
  const [rows, dims] = mu.shape;
  const total = (of: (i: number) => number) => (r: number) =>
    Array.from({ length: dims }, (_, k) => of(r * dims + k)).reduce((a, b) => a + b, 0);
  return expected([rows], total(term), total(size));
}

const shared = (logSigma: Host, i: number): number => logSigma.data[i % logSigma.data.length];
const normals = (draw: Draw): readonly [mu: Host, logSigma: Host, like: () => Host] => {
  const shape = [draw.size(9), draw.size(9, 1)];
  const like = (): Host => draw.f32(shape, 'special');
  return [like(), draw.bool() ? draw.f32(shape.slice(1), 'special') : like(), like];
};

export const gaussians: Rows = {
  gaussianKl: row<{ mu: Host; logSigma: Host }>({
    tolerance: 4e-6,
    gradients: ['mu', 'logSigma'],
    draw: (draw) => {
      const shape = [draw.size(9), draw.size(9)];
      return { mu: draw.f32(shape, 'special'), logSigma: draw.f32(shape, 'special') };
    },
    run: ({ mu, logSigma }) => ({ kl: ops.gaussianKl(mu, logSigma) }),
    reference: ({ mu, logSigma }) => {
      const of = (i: number): number => 0.5 * (Math.exp(2 * logSigma.data[i]) + mu.data[i] ** 2 - 1) - logSigma.data[i];
      const size = (i: number): number =>
        0.5 * (finite(Math.exp(2 * logSigma.data[i])) + finite(mu.data[i]) ** 2 + 1) + finite(logSigma.data[i]);
      return { kl: rowSums(mu, of, size) };
    },
    mistakes: { 'one spread for all rows': ({ mu }, draw) => ({ mu, logSigma: draw.f32([mu.shape[1]]) }) },
  }),
  gaussianLogProb: row<{ x: Host; mu: Host; logSigma: Host }>({
    tolerance: 4e-6,
    gradients: ['x', 'mu', 'logSigma'],
    draw: (draw) => {
      const [mu, logSigma, like] = normals(draw);
      return { x: like(), mu, logSigma };
    },
    run: ({ x, mu, logSigma }) => ({ logProb: ops.gaussianLogProb(x, mu, logSigma) }),
    reference: ({ x, mu, logSigma }) => {
      const scaled = (i: number): number => (x.data[i] - mu.data[i]) / Math.exp(shared(logSigma, i));
      const of = (i: number): number => -0.5 * scaled(i) ** 2 - shared(logSigma, i) - LOG_ROOT;
      const size = (i: number): number => {
        const spread = (Math.abs(x.data[i]) + Math.abs(mu.data[i])) / Math.exp(shared(logSigma, i));
        return 0.5 * finite(scaled(i)) * finite(spread) + finite(shared(logSigma, i)) + LOG_ROOT;
      };
      return { logProb: rowSums(mu, of, size) };
    },
  }),
  reparameterise: row<{ mu: Host; logSigma: Host; noise: Host }>({
    tolerance: 4e-6,
    gradients: ['mu', 'logSigma'],
    draw: (draw) => {
      const [mu, logSigma, like] = normals(draw);
      return { mu, logSigma, noise: like() };
    },
    run: ({ mu, logSigma, noise }) => ({ x: ops.reparameterise(mu, logSigma, noise) }),
    reference: ({ mu, logSigma, noise }) => {
      const moved = (i: number): number => Math.exp(shared(logSigma, i)) * noise.data[i];
      return {
        x: expected(
          mu.shape,
          (i) => mu.data[i] + moved(i),
          (i) => finite(mu.data[i]) + finite(moved(i)),
        ),
      };
    },
  }),
  gaussianPosterior: row<{ code: Host; bounds: readonly number[]; noise: Host | undefined }>({
    tolerance: 4e-6,
    gradients: ['code'],
    draw: (draw) => {
      const [rows, dims] = [draw.size(9), draw.size(9, 1)];
      const low = draw.number(-3, 1);
      const noise = draw.bool() ? draw.f32([rows, dims], 'special') : undefined;
      return { code: draw.f32([rows, 2 * dims], 'special'), bounds: [low, low + draw.number(1 / 64, 3)], noise };
    },
    run: ({ code, bounds: [low, high], noise }) => ({ ...ops.gaussianPosterior(code, [low, high], noise) }),
    reference: ({ code, bounds: [low, high], noise }) => {
      const [rows, both] = code.shape;
      const dims = both / 2;
      const at = (i: number): number => Math.floor(i / dims) * both + (i % dims);
      const mu = (i: number): number => code.data[at(i)];
      const logSigma = (i: number): number => Math.min(Math.max(code.data[at(i) + dims], low), high);
      const moved = (i: number): number => (noise ? Math.exp(logSigma(i)) * noise.data[i] : 0);
      const kl = (i: number): number => 0.5 * (Math.exp(2 * logSigma(i)) + mu(i) ** 2 - 1) - logSigma(i);
      const size = (i: number): number => 0.5 * (finite(Math.exp(2 * logSigma(i))) + finite(mu(i)) ** 2 + 1) + finite(logSigma(i));
      const whole = { shape: [rows, dims], dtype: 'f32', data: [] } as const;
      return {
        mu: expected([rows, dims], mu),
        logSigma: expected([rows, dims], logSigma),
        sample: expected(
          [rows, dims],
          (i) => mu(i) + moved(i),
          (i) => finite(mu(i)) + finite(moved(i)),
        ),
        kl: rowSums(whole, kl, size),
      };
    },
    mistakes: { 'bounds the wrong way round': (given) => ({ ...given, bounds: [1, -1] }) },
  }),
};

const embeddings = (draw: Draw): Host => draw.f32([draw.size(9, 2), draw.size(9, 1)], 'special');
const column = (z: Host, c: number): number[] => Array.from({ length: z.shape[0] }, (_, r) => z.data[r * z.shape[1] + c]);
/** Covariance of two columns over n − 1. */
function covariance(a: readonly number[], b: readonly number[]): number {
  const mean = (list: readonly number[]): number => list.reduce((sum, x) => sum + x, 0) / list.length;
  const [ofA, ofB] = [mean(a), mean(b)];
  return a.reduce((sum, x, i) => sum + (x - ofA) * (b[i] - ofB), 0) / (a.length - 1);
}
const single = (value: number, magnitude: number): Expected =>
  expected(
    [1],
    () => value,
    () => magnitude,
  );

export const vicreg: Rows = {
  vicregInvariance: row<{ za: Host; zb: Host }>({
    tolerance: 4e-6,
    gradients: ['za', 'zb'],
    draw: (draw) => {
      const za = embeddings(draw);
      return { za, zb: draw.f32(za.shape, 'special') };
    },
    run: ({ za, zb }) => ({ out: ops.vicregInvariance(za, zb) }),
    reference: ({ za, zb }) => {
      const [total, magnitude] = sums(za.data.length, (i) => (za.data[i] - zb.data[i]) ** 2);
      return { out: single(total / za.data.length, magnitude) };
    },
  }),
  vicregVariance: row<{ z: Host; target: number; eps: number }>({
    tolerance: 2e-5,
    floor: 2e-5,
    gradients: ['z'],
    draw: (draw) => ({ z: embeddings(draw), target: draw.pick([1, 2]), eps: draw.pick([1e-4, 0.5]) }),
    run: ({ z, target, eps }) => ({ out: ops.vicregVariance(z, { target, eps }) }),
    reference: ({ z, target, eps }) => {
      const dims = z.shape[1];
      const hinge = (c: number): number => Math.max(0, target - Math.sqrt(covariance(column(z, c), column(z, c)) + eps));
      return { out: single(sums(dims, hinge)[0] / dims, target) };
    },
  }),
  vicregCovariance: row<{ z: Host }>({
    tolerance: 2e-5,
    floor: 2e-5,
    gradients: ['z'],
    draw: (draw) => ({ z: embeddings(draw) }),
    run: ({ z }) => ({ out: ops.vicregCovariance(z) }),
    reference: ({ z }) => {
      const dims = z.shape[1];
      const term = (i: number): number => {
        const [a, b] = [Math.floor(i / dims), i % dims];
        return a === b ? 0 : covariance(column(z, a), column(z, b)) ** 2;
      };
      const [total, magnitude] = sums(dims * dims, term);
      return { out: single(total / dims, magnitude / dims) };
    },
    mistakes: { 'a single row': (_, draw) => ({ z: draw.f32([1, 3]) }) },
  }),
};
