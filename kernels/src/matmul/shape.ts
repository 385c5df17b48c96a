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
} as const;

export const buffers = [read('a'), read('b'), read('bias'), read('residual'), written('c'), written('sums')] as const;

export const uniforms = u32('m', 'n', 'k');

export const flags = (shape: MatmulShape) => ({
  TRANSPOSE_A: shape.transposeA === 1,
  TRANSPOSE_B: shape.transposeB === 1,
  ACCUMULATE: shape.accumulate === 1,
  BIAS: shape.bias === 1,
  RELU: shape.relu === 1,
  RESIDUAL: shape.residual === 1,
  RECTIFY: shape.rectify === 1,
  ROW_SUMS: shape.rowSums === 1,
});

export const cost = ({ m, n, k, accumulate, bias, relu, residual, rectify, rowSums, norm }: MatmulShape) => ({
  flops: m * n * (2 * k + bias + relu + residual + rectify + accumulate) + (rowSums + 8 * norm) * m * k,
  bytes: 4 * (m * k + k * n + bias * n + m * n * (1 + residual + rectify + accumulate) + 2 * rowSums * m + 2 * norm * k),
});

export const sample: MatmulShape = { ...PLAIN_PRODUCT, m: 1000, n: 192, k: 64, transposeB: 1, bias: 1 };
