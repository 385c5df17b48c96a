import { type Grid, type Kernel, MAX_WORKGROUPS_PER_AXIS } from '../declaration.js';
import source from './matmul.wgsl';

/** A product of matrices and what is done to it before it is stored. All but the sizes are 0 or 1. */
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
};

const WORKGROUP = 8;

function grid({ m, n }: MatmulShape): Grid {
  const rows = Math.max(1, Math.ceil(m / 4));
  const y = Math.min(rows, MAX_WORKGROUPS_PER_AXIS);
  return [Math.max(1, Math.ceil(n / (4 * WORKGROUP))), y, Math.ceil(rows / y)];
}

/**
 * `c[m,n] = relu?(op(a)·op(b) + bias[n]) + residual[m,n]`, or `c += …` when accumulating. Row-major f32. An absent bias or
 * residual needs any bound buffer. The sum over k is in one fixed order.
 */
export const matmul: Kernel<MatmulShape> = {
  name: 'matmul',
  source,
  buffers: [
    { name: 'a', access: 'read', element: 'f32' },
    { name: 'b', access: 'read', element: 'f32' },
    { name: 'bias', access: 'read', element: 'f32' },
    { name: 'residual', access: 'read', element: 'f32' },
    { name: 'c', access: 'read_write', element: 'f32' },
  ],
  uniforms: [
    { name: 'm', type: 'u32' },
    { name: 'n', type: 'u32' },
    { name: 'k', type: 'u32' },
  ],
  constants: (shape) => ({
    WORKGROUP,
    TRANSPOSE_A: shape.transposeA === 1,
    TRANSPOSE_B: shape.transposeB === 1,
    ACCUMULATE: shape.accumulate === 1,
    BIAS: shape.bias === 1,
    RELU: shape.relu === 1,
    RESIDUAL: shape.residual === 1,
  }),
  grid,
  cost: ({ m, n, k, accumulate, bias, relu, residual }) => ({
    flops: m * n * (2 * k + bias + relu + residual + accumulate),
    bytes: 4 * (m * k + k * n + bias * n + m * n * (1 + residual + accumulate)),
  }),
  sample: { m: 1000, n: 192, k: 64, transposeA: 0, transposeB: 1, accumulate: 0, bias: 1, relu: 0, residual: 0 },
};
