/** Layers, embeddings and steering: sums of products. */
import * as ops from '../../src/ops/index.js';
import type { Draw } from './draw.js';
import type { Host } from './host.js';
import { broadcast, elementAt, expected, finite, placesOf, sums } from './loops.js';
import { type Expected, type Rows, row } from './row.js';

type Layer = {
  readonly x: Host;
  readonly w: Host;
  readonly bias: Host | undefined;
  readonly residual: Host | undefined;
  readonly relu: boolean;
};

/** relu?(x wᵀ + bias) + residual, and the absolute values that it sums. */
function layer({ x, w, bias, residual, relu }: Omit<Layer, 'x'> & { readonly x: Pick<Host, 'shape' | 'data'> }): Expected {
  const [n, k] = x.shape;
  const [out] = w.shape;
  const at = (i: number): readonly [sum: number, magnitude: number] => {
    const [r, c] = [Math.floor(i / out), i % out];
    const [sum, magnitude] = sums(k + 1, (p) => (p < k ? x.data[r * k + p] * w.data[c * k + p] : (bias?.data[c] ?? 0)));
    const added = residual?.data[i] ?? 0;
    return [(relu ? Math.max(sum, 0) : sum) + added, magnitude + finite(added)];
  };
  return expected(
    [n, out],
    (i) => at(i)[0],
    (i) => at(i)[1],
  );
}

function drawLayer(draw: Draw, k: number, out: number): Layer {
  const n = draw.size(17);
  const relu = draw.integer(0, 2) === 0;
  const maybe = (shape: readonly number[]): Host | undefined => (draw.bool() ? draw.f32(shape, 'huge') : undefined);
  return {
    x: draw.f32([n, k], 'huge'),
    w: draw.f32([out, k], 'huge'),
    bias: maybe([out]),
    residual: relu ? undefined : maybe([n, out]),
    relu,
  };
}

const layerNormed = (x: Host, gamma: Host, beta: Host, eps: number) => {
  const width = x.shape[1];
  const data = x.data.map((_, i) => {
    const from = i - (i % width);
    const mean = sums(width, (k) => x.data[from + k])[0] / width;
    const variance = sums(width, (k) => (x.data[from + k] - mean) ** 2)[0] / width;
    return ((x.data[i] - mean) / Math.sqrt(variance + eps)) * gamma.data[i % width] + beta.data[i % width];
  });
  return { shape: x.shape, data };
};

type Steering = {
  readonly e: Host;
  readonly c: Host;
  readonly a: Host;
  readonly b: Host;
  readonly rank: number;
};

/** e + U e term by term, U = Σ over pairs of terms. */
function steered({ e, c, a, b, rank }: Steering): Expected {
  const [, width] = e.shape;
  const terms = a.shape[0] / rank;
  const hidden = c.shape[1];
  const coefficient = (n: number, j: number): number => (j < hidden ? c.data[n * hidden + j] : 1);
  const at = (i: number): readonly [number, number] => {
    const [n, d] = [Math.floor(i / width), i % width];
    let [total, magnitude] = [e.data[i], finite(e.data[i])];
    for (let rho = 0; rho < rank; rho++) {
      let [u, most] = [0, 0];
      for (let j = 0; j < terms; j++) {
        const [p, size] = sums(width, (k) => e.data[n * width + k] * a.data[(j * rank + rho) * width + k]);
        u += coefficient(n, j) * p;
        most += Math.abs(coefficient(n, j)) * size;
      }
      for (let j = 0; j < terms; j++) {
        const factor = coefficient(n, j) * b.data[(j * rank + rho) * width + d];
        total += factor * u;
        magnitude += Math.abs(factor) * most;
      }
    }
    return [total, magnitude];
  };
  return expected(
    e.shape,
    (i) => at(i)[0],
    (i) => at(i)[1],
  );
}

type Matrices = { readonly a: Host; readonly b: Host; readonly transposeA: boolean; readonly transposeB: boolean };

/** op(a) · op(b) of matrices whose axes before the last two broadcast. */
function multiplied({ a, b, transposeA, transposeB }: Matrices): Expected {
  const [m, k] = transposeA ? [a.shape.at(-1), a.shape.at(-2)] : [a.shape.at(-2), a.shape.at(-1)];
  const [inner, n] = transposeB ? [b.shape.at(-1), b.shape.at(-2)] : [b.shape.at(-2), b.shape.at(-1)];
  if (inner !== k) throw new RangeError('other sizes');
  const batch = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...batch, m as number, n as number];
  const at = (i: number): readonly [number, number] => {
    const places = placesOf(shape, i);
    const [row, column] = places.slice(-2);
    const outer = places.slice(0, -2);
    const element = (of: Host, r: number, c: number, transposed: boolean): number =>
      elementAt(of, [...outer, ...(transposed ? [c, r] : [r, c])]);
    return sums(k as number, (p) => element(a, row, p, transposeA) * element(b, p, column, transposeB));
  };
  return expected(
    shape,
    (i) => at(i)[0],
    (i) => at(i)[1],
  );
}

const drawMatrices =
  (batched: boolean) =>
  (draw: Draw): Matrices => {
    const [m, k, n] = [draw.size(17), draw.size(17), draw.size(17)];
    const batch = batched ? draw.shape(0, 2).map((length) => Math.min(length, 3)) : [];
    const some = (): number[] =>
      batch.slice(draw.integer(0, 2) === 0 ? draw.integer(0, batch.length) : 0).map((length) => (draw.integer(0, 3) === 0 ? 1 : length));
    const [transposeA, transposeB] = [draw.bool(), draw.bool()];
    return {
      a: draw.f32([...some(), ...(transposeA ? [k, m] : [m, k])], 'huge'),
      b: draw.f32([...some(), ...(transposeB ? [n, k] : [k, n])], 'huge'),
      transposeA,
      transposeB,
    };
  };

const otherSizes: Record<string, (given: Matrices) => Matrices> = {
  'other sizes': (given) => ({
    a: { shape: [2, 3], dtype: 'f32', data: [1, 2, 3, 4, 5, 6] },
    b: { shape: [4, 4], dtype: 'f32', data: new Array<number>(16).fill(1) },
    ...{ transposeA: given.transposeA, transposeB: given.transposeB },
  }),
};

export const products: Rows = {
  matmul: row<Matrices>({
    tolerance: 2e-6,
    gradients: ['a', 'b'],
    draw: drawMatrices(false),
    run: ({ a, b, transposeA, transposeB }) => ({ c: ops.matmul(a, b, { transposeA, transposeB }) }),
    reference: (given) => ({ c: multiplied(given) }),
    mistakes: otherSizes,
  }),
  batchedMatmul: row<Matrices>({
    tolerance: 2e-6,
    gradients: ['a', 'b'],
    draw: drawMatrices(true),
    run: ({ a, b, transposeA, transposeB }) => ({ c: ops.batchedMatmul(a, b, { transposeA, transposeB }) }),
    reference: (given) => ({ c: multiplied(given) }),
    mistakes: otherSizes,
  }),
  linear: row<Layer>({
    tolerance: 2e-6,
    gradients: ['x', 'w', 'bias', 'residual'],
    draw: (draw) => drawLayer(draw, draw.size(33, 1), draw.size(17)),
    run: ({ x, w, bias, residual, relu }) => ({ y: ops.linear(x, w, { bias, residual, relu }) }),
    reference: (given) => ({ y: layer(given) }),
    mistakes: {
      'weights of other inputs': (given, draw) => ({ ...given, w: draw.f32([3, given.x.shape[1] + 1]) }),
      'a relu with a residual': (given, draw) => ({ ...given, relu: true, residual: draw.f32([given.x.shape[0], given.w.shape[0]]) }),
    },
  }),
  normedLinear: row<Layer & { readonly gamma: Host; readonly beta: Host; readonly eps: number }>({
    tolerance: 2e-5,
    gradients: ['x', 'w', 'bias', 'residual', 'gamma', 'beta'],
    draw: (draw) => {
      const k = draw.pick([4, 5, 8, 16, 32, 33]);
      // What a norm divides by is kept away from 0, where it would enlarge any error.
      const made = drawLayer(draw, k, draw.pick([1, 4, 8, 16, 17]));
      const vector = (): Host => draw.f32([k], 'plain');
      return { ...made, x: draw.f32(made.x.shape, 'special'), gamma: vector(), beta: vector(), eps: 0.5 };
    },
    run: ({ x, w, bias, residual, relu, gamma, beta, eps }) => ({
      y: ops.normedLinear(x, { gamma, beta, eps }, w, { bias, residual, relu }),
    }),
    reference: ({ gamma, beta, eps, ...given }) => ({ y: layer({ ...given, x: layerNormed(given.x, gamma, beta, eps) } as never) }),
  }),
  embeddingSum: row<{ table: Host; indices: Host; bySlot: boolean }>({
    tolerance: 1e-6,
    gradients: ['table'],
    draw: (draw) => {
      const [vocabulary, width, rows, slots] = [draw.size(9, 1), draw.size(17), draw.size(17), draw.size(5)];
      const bySlot = draw.bool() && slots > 0;
      const indices = draw.i32([rows, slots], -1, vocabulary);
      // By slot, a row of the table belongs to one slot.
      const owned = (index: number, at: number): number => (index < 0 || index % slots === at % slots ? index : -1);
      const data = indices.data.map((index, at) => (bySlot ? owned(index, at) : index));
      return { table: draw.f32([vocabulary, width], 'huge'), indices: { ...indices, data }, bySlot };
    },
    run: ({ table, indices, bySlot }) => ({ out: ops.embeddingSum(table, indices, { bySlot }) }),
    reference: ({ table, indices }) => {
      const [vocabulary, width] = table.shape;
      const [rows, slots] = indices.shape;
      const at = (i: number) =>
        sums(slots, (k) => {
          const index = indices.data[Math.floor(i / width) * slots + k];
          return index < 0 || index >= vocabulary ? 0 : table.data[index * width + (i % width)];
        });
      return {
        out: expected(
          [rows, width],
          (i) => at(i)[0],
          (i) => at(i)[1],
        ),
      };
    },
  }),
  steer: row<Steering>({
    tolerance: 4e-6,
    gradients: ['e', 'c', 'a', 'b'],
    draw: (draw) => {
      const [rows, width, hidden, rank] = [draw.size(9), draw.size(9, 1), draw.size(5, 1), draw.integer(1, 3)];
      const matrix = (): Host => draw.f32([(hidden + 1) * rank, width], 'special');
      const c = draw.f32([rows, draw.bool() ? hidden : hidden + 1], 'special');
      return { e: draw.f32([rows, width], 'special'), c, a: matrix(), b: matrix(), rank };
    },
    run: ({ e, c, a, b, rank }) => ({ y: ops.steer(e, c, a, b, rank) }),
    reference: (given) => ({ y: steered(given) }),
    mistakes: { 'a rank that does not divide': (given) => ({ ...given, rank: given.a.shape[0] + 1 }) },
  }),
};
