import { read, u32, written } from '../declaration.js';
/** A product of matrices and what is done to it before it is stored. All but sizes and eps are 0 or 1. */
export type MatmulShape = {
  /** Rows of c. */
  readonly m: number;
  /** Columns of c. */
  readonly n: number;
  /** Summed dimension. */
  readonly k: number;
  /** a is stored [k, m] instead of [m, k]. */
  readonly transposeA: number;
  /** b is stored [n, k] instead of [k, n]: a linear layer's weight. */
  readonly transposeB: number;
  /** Add to c instead of overwriting it. */
  readonly accumulate: number;
  /** Add bias[n] to every row of the product. */
  readonly bias: number;
  /** Clamp product + bias at 0 from below. */
  readonly relu: number;
  /** Add residual[m, n] after the relu. */
  readonly residual: number;
  /** Put 0 where residual[m, n], then the output of a relu, is not positive: that relu's gradient. It is not added. */
  readonly rectify: number;
  /** Add the sums of op(a) over k to sums[m]: a bias's gradient beside its weight's. */
  readonly rowSums: number;
  /** Layer-normalise the rows of a as they are read, times gamma[k] plus beta[k]; see `fitsNorm`. */
  readonly norm: number;
  /** Added to the variance then. */
  readonly eps: number;
  /**
   * Products side by side, c [batch, m, n]; `bias` is the same for all. No `rowSums` and no `norm` with more than one.
   */
  readonly batch: number;
  /** The inner two of the batch's three axes; the first is what remains. */
  readonly batch1: number;
  readonly batch2: number;
  /** Elements from one matrix of a to the next along each axis of the batch: 0 where it is stretched over it. */
  readonly a0: number;
  readonly a1: number;
  readonly a2: number;
  /** Likewise of b. */
  readonly b0: number;
  readonly b1: number;
  readonly b2: number;
};

/** A product to which nothing is done, but for its sizes. */
export const PLAIN_PRODUCT = {
  transposeA: 0,
  transposeB: 0,
  accumulate: 0,
  bias: 0,
  relu: 0,
  residual: 0,
  rectify: 0,
  rowSums: 0,
  norm: 0,
  eps: 0,
  batch: 1,
  batch1: 1,
  batch2: 1,
  a0: 0,
  a1: 0,
  a2: 0,
  b0: 0,
  b1: 0,
  b2: 0,
} as const;

export const buffers = [read('a'), read('b'), read('bias'), read('residual'), written('c'), written('sums')] as const;

export const uniforms = u32('m', 'n', 'k', 'batch', 'batch1', 'batch2', 'a0', 'a1', 'a2', 'b0', 'b1', 'b2');

export const flags = (shape: MatmulShape) => ({
  TRANSPOSE_A: shape.transposeA === 1,
  TRANSPOSE_B: shape.transposeB === 1,
  ACCUMULATE: shape.accumulate === 1,
  BIAS: shape.bias === 1,
  RELU: shape.relu === 1,
  RESIDUAL: shape.residual === 1,
  RECTIFY: shape.rectify === 1,
  ROW_SUMS: shape.rowSums === 1,
  BATCHED: shape.batch > 1,
});

/** Matrices that an operand has: one that is stretched over all of the batch is read from memory once. */
const matrices = (batch: number, ...strides: number[]): number => (strides.some((stride) => stride > 0) ? batch : Math.min(1, batch));
/** Numbers of a, and of b. */
export const operandSizes = ({ m, n, k, batch, a0, a1, a2, b0, b1, b2 }: MatmulShape) => ({
  a: matrices(batch, a0, a1, a2) * m * k,
  b: matrices(batch, b0, b1, b2) * k * n,
});

export function cost(shape: MatmulShape) {
  const { m, n, k, batch, accumulate, bias, relu, residual, rectify, rowSums, norm } = shape;
  const { a, b } = operandSizes(shape);
  const flops = batch * m * n * (2 * k + bias + relu + residual + rectify + accumulate) + (rowSums + 8 * norm) * m * k;
  const stored = batch * m * n * (1 + residual + rectify + accumulate);
  return { flops, bytes: 4 * (a + b + bias * n + stored + 2 * rowSums * m + 2 * norm * k) };
}

/** Numbers that operands and results have to hold; those of a batch reach as far as their strides lead. */
export function lengths(shape: MatmulShape): Record<'a' | 'b' | 'bias' | 'residual' | 'c' | 'sums', number> {
  const { m, n, k, batch, batch1, batch2 } = shape;
  const last = [Math.ceil(batch / (batch1 * batch2)) - 1, batch1 - 1, batch2 - 1];
  const reach = (size: number, ...strides: number[]): number =>
    batch === 0 || size === 0 ? 0 : size + strides.reduce((sum, stride, i) => sum + stride * last[i], 0);
  return {
    a: reach(m * k, shape.a0, shape.a1, shape.a2),
    b: reach(k * n, shape.b0, shape.b1, shape.b2),
    bias: shape.bias * n,
    residual: Math.max(shape.residual, shape.rectify) * batch * m * n,
    c: batch * m * n,
    sums: shape.rowSums * m,
  };
}

export const sample: MatmulShape = { ...PLAIN_PRODUCT, m: 1000, n: 192, k: 64, transposeB: 1, bias: 1 };
