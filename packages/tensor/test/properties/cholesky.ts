/** Cholesky factors and triangular systems of small matrices. */
import * as ops from '../../src/ops/index.js';
import type { Draw } from './draw.js';
import type { Host } from './host.js';
import { expected } from './loops.js';
import { type Rows, row } from './row.js';

const [batchAxes, largest] = [2, 9];

/** Positive definite matrices of moderate condition; in wild cases an element of some lower half is whatever it is. */
function definite(draw: Draw, batch: readonly number[], n: number): Host {
  const factor = draw.f32([...batch, n, n], 'plain');
  const data = factor.data.map((_, i) => {
    const [from, r, c] = [i - (i % (n * n)), Math.floor(i / n) % n, i % n];
    let sum = r === c ? n : 0;
    for (let k = 0; k < n; k++) sum += (factor.data[from + r * n + k] * factor.data[from + c * n + k]) / 16;
    return Math.fround(sum);
  });
  return { ...factor, data };
}

/** Lower triangles with diagonals away from 0; what lies above is not read. */
function triangles(draw: Draw, batch: readonly number[], n: number): Host {
  const made = draw.f32([...batch, n, n], 'plain');
  const data = made.data.map((x, i) => (Math.floor(i / n) % n === i % n ? Math.abs(x) + 2 : x / 4));
  return { ...made, data };
}

function factorOf(a: readonly number[], n: number): number[] {
  const l = new Array<number>(n * n).fill(0);
  for (let c = 0; c < n; c++)
    for (let r = c; r < n; r++) {
      let sum = a[r * n + c];
      for (let k = 0; k < c; k++) sum -= l[r * n + k] * l[c * n + k];
      l[r * n + c] = r === c ? Math.sqrt(sum) : sum / l[c * n + c];
    }
  return l;
}

function solved(l: readonly number[], b: readonly number[], n: number, m: number, transpose: boolean): number[] {
  const x = [...b];
  const element = (r: number, c: number): number => (transpose ? l[c * n + r] : l[r * n + c]);
  for (let s = 0; s < n; s++) {
    const r = transpose ? n - 1 - s : s;
    for (let column = 0; column < m; column++) {
      for (let t = 0; t < s; t++) {
        const c = transpose ? n - 1 - t : t;
        x[r * m + column] -= element(r, c) * x[c * m + column];
      }
      x[r * m + column] /= element(r, r);
    }
  }
  return x;
}

/** Of every matrix of a and of b, what `f` makes of the two. */
function each({ shape, data }: Host, b: Host | undefined, f: (a: number[], b: number[]) => number[]): number[] {
  const [n, m] = [shape.at(-1) as number, (b?.shape.at(-1) ?? 0) as number];
  const count = n === 0 ? 0 : data.length / (n * n);
  return Array.from({ length: count }, (_, i) =>
    f(data.slice(i * n * n, (i + 1) * n * n), b?.data.slice(i * n * m, (i + 1) * n * m) ?? []),
  ).flat();
}

function requireFit(l: Host, b: Host): void {
  const [n] = l.shape.slice(-1);
  if (`${[...l.shape.slice(0, -2), n]}` !== `${b.shape.slice(0, -1)}`) throw new RangeError('other shapes');
}

const sizes = (draw: Draw): readonly [batch: number[], n: number] => [
  draw.shape(0, batchAxes).map((n) => Math.min(n, 3)),
  draw.size(largest),
];

export const choleskys: Rows = {
  cholesky: row<{ a: Host }>({
    tolerance: 1e-5,
    floor: 1e-5,
    gradients: ['a'],
    // Its gradient is symmetric by convention; differences are not, for only the lower half is read.
    differences: false,
    draw: (draw) => ({ a: definite(draw, ...sizes(draw)) }),
    run: ({ a }) => ({ l: ops.cholesky(a) }),
    reference: ({ a }) => {
      const n = a.shape.at(-1) as number;
      const values = each(a, undefined, (matrix) => factorOf(matrix, n));
      return { l: expected(a.shape, (i) => values[i]) };
    },
    mistakes: { 'no square': () => ({ a: { shape: [2, 3], dtype: 'f32', data: [1, 2, 3, 4, 5, 6] } }) },
  }),
  triangularSolve: row<{ l: Host; b: Host; transpose: boolean }>({
    tolerance: 1e-5,
    floor: 1e-5,
    gradients: ['l', 'b'],
    draw: (draw) => {
      const [batch, n] = sizes(draw);
      return { l: triangles(draw, batch, n), b: draw.f32([...batch, n, draw.size(5)], 'plain'), transpose: draw.bool() };
    },
    run: ({ l, b, transpose }) => ({ x: ops.triangularSolve(l, b, { transpose }) }),
    reference: ({ l, b, transpose }) => {
      requireFit(l, b);
      const [n, m] = b.shape.slice(-2);
      const values = each(l, b, (matrix, right) => solved(matrix, right, n, m, transpose));
      return { x: expected(b.shape, (i) => values[i]) };
    },
  }),
  solvePositiveDefinite: row<{ a: Host; b: Host }>({
    tolerance: 2e-5,
    floor: 2e-5,
    gradients: ['a', 'b'],
    differences: false,
    draw: (draw) => {
      const [batch, n] = sizes(draw);
      return { a: definite(draw, batch, n), b: draw.f32([...batch, n, draw.size(5)], 'plain') };
    },
    run: ({ a, b }) => ({ x: ops.solvePositiveDefinite(a, b) }),
    reference: ({ a, b }) => {
      requireFit(a, b);
      const [n, m] = b.shape.slice(-2);
      const values = each(a, b, (matrix, right) => {
        const l = factorOf(matrix, n);
        return solved(l, solved(l, right, n, m, false), n, m, true);
      });
      return { x: expected(b.shape, (i) => values[i]) };
    },
  }),
};
