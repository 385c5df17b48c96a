/** CMA-ES (Hansen, arXiv 1604.00772) with its usual constants, for a few dozen numbers. */
import type { CounterRandom } from '@coxswain/base';

export interface CmaState {
  readonly generation: number;
  readonly sigma: number;
  readonly mean: number[];
  readonly covariance: number[][];
  readonly pathSigma: number[];
  readonly pathCovariance: number[];
}

export const cmaStart = (size: number, sigma: number): CmaState => ({
  generation: 0,
  sigma,
  mean: new Array(size).fill(0),
  covariance: Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => (i === j ? 1 : 0))),
  pathSigma: new Array(size).fill(0),
  pathCovariance: new Array(size).fill(0),
});

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * b[i], 0);
const norm = (a: readonly number[]): number => Math.sqrt(dot(a, a));

/** Eigenvalues and, as rows, eigenvectors of a symmetric matrix, by Jacobi's rotations. */
export function eigen(matrix: readonly (readonly number[])[]): { readonly values: number[]; readonly vectors: number[][] } {
  const n = matrix.length;
  const a = matrix.map((row) => [...row]);
  const v: number[][] = a.map((_, i) => a.map((_, j) => Number(i === j)));
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        off += a[p][q] ** 2;
        if (Math.abs(a[p][q]) < 1e-15) continue;
        const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (let k = 0; k < n; k++) [a[k][p], a[k][q]] = [c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]];
        for (let k = 0; k < n; k++) [a[p][k], a[q][k]] = [c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]];
        for (let k = 0; k < n; k++) [v[p][k], v[q][k]] = [c * v[p][k] - s * v[q][k], s * v[p][k] + c * v[q][k]];
      }
    if (off < 1e-20) break;
  }
  return { values: a.map((row, i) => Math.max(row[i], 1e-20)), vectors: v };
}

/** One generation: draws, asks for their costs (less is better), and moves. */
export function cmaStep(
  state: CmaState,
  population: number,
  random: CounterRandom,
  costs: (candidates: readonly number[][]) => readonly number[],
): { readonly state: CmaState; readonly best: number[]; readonly cost: number } {
  const { mean, sigma, covariance } = state;
  const n = mean.length;
  const { values, vectors } = eigen(covariance);
  const draws = Array.from({ length: population }, () => {
    const z = values.map((value) => Math.sqrt(value) * random.normal());
    return mean.map((_, i) => vectors.reduce((sum, vector, k) => sum + vector[i] * z[k], 0));
  });
  const candidates = draws.map((y) => mean.map((m, i) => m + sigma * y[i]));
  const cost = costs(candidates);
  const order = Array.from(cost.keys()).sort((a, b) => cost[a] - cost[b]);
  const parents = Math.floor(population / 2);
  const raw = Array.from({ length: parents }, (_, i) => Math.log(parents + 0.5) - Math.log(i + 1));
  const total = raw.reduce((a, b) => a + b, 0);
  const weights = raw.map((w) => w / total);
  const effective = 1 / dot(weights, weights);
  const cs = (effective + 2) / (n + effective + 5);
  const ds = 1 + 2 * Math.max(0, Math.sqrt((effective - 1) / (n + 1)) - 1) + cs;
  const cc = (4 + effective / n) / (n + 4 + (2 * effective) / n);
  const c1 = 2 / ((n + 1.3) ** 2 + effective);
  const cmu = Math.min(1 - c1, (2 * (effective - 2 + 1 / effective)) / ((n + 2) ** 2 + effective));
  const expected = Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
  const step = mean.map((_, i) => weights.reduce((sum, w, k) => sum + w * draws[order[k]][i], 0));
  const white = vectors.map((vector, k) => dot(vector, step) / Math.sqrt(values[k]));
  const whitened = mean.map((_, i) => vectors.reduce((sum, vector, k) => sum + vector[i] * white[k], 0));
  const pathSigma = state.pathSigma.map((p, i) => (1 - cs) * p + Math.sqrt(cs * (2 - cs) * effective) * whitened[i]);
  const long = norm(pathSigma) / Math.sqrt(1 - (1 - cs) ** (2 * (state.generation + 1))) < (1.4 + 2 / (n + 1)) * expected;
  const pathCovariance = state.pathCovariance.map((p, i) => (1 - cc) * p + (long ? Math.sqrt(cc * (2 - cc) * effective) * step[i] : 0));
  const keep = 1 - c1 - cmu + (long ? 0 : c1 * cc * (2 - cc));
  const moved = covariance.map((row, i) =>
    row.map(
      (value, j) =>
        keep * value +
        c1 * pathCovariance[i] * pathCovariance[j] +
        cmu * weights.reduce((sum, w, k) => sum + w * draws[order[k]][i] * draws[order[k]][j], 0),
    ),
  );
  return {
    state: {
      generation: state.generation + 1,
      sigma: sigma * Math.exp((cs / ds) * (norm(pathSigma) / expected - 1)),
      mean: mean.map((m, i) => m + sigma * step[i]),
      covariance: moved,
      pathSigma,
      pathCovariance,
    },
    best: candidates[order[0]],
    cost: cost[order[0]],
  };
}
