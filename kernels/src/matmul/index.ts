import { type AdapterTraits, type Grid, type Kernel, MAX_WORKGROUPS_PER_AXIS } from '../declaration.js';
import source from './matmul.wgsl';
import subgroupsSource from './subgroups.wgsl';

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

const buffers = [
  { name: 'a', access: 'read', element: 'f32' },
  { name: 'b', access: 'read', element: 'f32' },
  { name: 'bias', access: 'read', element: 'f32' },
  { name: 'residual', access: 'read', element: 'f32' },
  { name: 'c', access: 'read_write', element: 'f32' },
] as const;

const uniforms = [
  { name: 'm', type: 'u32' },
  { name: 'n', type: 'u32' },
  { name: 'k', type: 'u32' },
] as const;

const flags = (shape: MatmulShape) => ({
  TRANSPOSE_A: shape.transposeA === 1,
  TRANSPOSE_B: shape.transposeB === 1,
  ACCUMULATE: shape.accumulate === 1,
  BIAS: shape.bias === 1,
  RELU: shape.relu === 1,
  RESIDUAL: shape.residual === 1,
});

const cost = ({ m, n, k, accumulate, bias, relu, residual }: MatmulShape) => ({
  flops: m * n * (2 * k + bias + relu + residual + accumulate),
  bytes: 4 * (m * k + k * n + bias * n + m * n * (1 + residual + accumulate)),
});

const sample: MatmulShape = { m: 1000, n: 192, k: 64, transposeA: 0, transposeB: 1, accumulate: 0, bias: 1, relu: 0, residual: 0 };

/**
 * `c[m,n] = relu?(op(a)·op(b) + bias[n]) + residual[m,n]`, or `c += …` when accumulating. Row-major f32. An absent bias or
 * residual needs any bound buffer. The sum over k is in one fixed order. Runs on any adapter; `matmulKernel` may know a
 * faster one with the same buffers.
 */
export const matmul: Kernel<MatmulShape> = {
  name: 'matmul',
  source,
  buffers,
  uniforms,
  constants: (shape) => ({ WORKGROUP, ...flags(shape) }),
  grid,
  cost,
  sample,
};

/** Lanes of a subgroup where all subgroups have one size; the 8 of llvmpipe with AVX2 where it is not known. */
const lanes = ({ subgroups }: AdapterTraits) => subgroups?.max ?? 8;

/** Workgroups: enough to share among threads, each with rows enough to repay loading its chunk of b. */
function subgroupsGrid({ m, n }: MatmulShape, adapter: AdapterTraits): Grid {
  const size = lanes(adapter);
  const columns = Math.max(1, Math.ceil(n / (4 * size)));
  const atLeast = Math.min(Math.ceil(8 / columns), Math.ceil(m / (4 * size)));
  const wanted = Math.min(Math.ceil(32 / columns), Math.floor(m / (16 * size)));
  return [columns, Math.max(1, atLeast, wanted), 1];
}

/**
 * `matmul` for software adapters whose subgroups all have one size. The adapter has to have the feature `subgroups`, and
 * n has to be a multiple of 4, and the shape must not both accumulate and clamp.
 */
export const matmulSubgroups: Kernel<MatmulShape> = {
  name: 'matmul/subgroups',
  source: subgroupsSource,
  buffers: buffers.map((slot) => (/^[ab]$/.test(slot.name) ? slot : { ...slot, element: 'vec4<f32>' })),
  uniforms,
  constants(shape, adapter) {
    const steps = shape.k <= 16 ? 4 : shape.k <= 32 ? 8 : 16;
    return { LANES: lanes(adapter), STEPS: steps, WHOLE: shape.k <= 4 * steps, ...flags(shape) };
  },
  grid: subgroupsGrid,
  cost,
  sample,
};

/** The kernel for this product on this adapter. Both have the same buffers and the same results to rounding. */
export function matmulKernel(shape: MatmulShape, adapter: AdapterTraits): Kernel<MatmulShape> {
  const { family, subgroups } = adapter;
  const vectors = family === 'software' && subgroups !== undefined && subgroups.min === subgroups.max && subgroups.max <= 16;
  return vectors && shape.n % 4 === 0 && !(shape.accumulate && shape.relu) ? matmulSubgroups : matmul;
}
