/** Cholesky factors of small symmetric matrices, and solving with them. */
import { type Kernel, linearGrid, read, stridedGrid, stridedWorkgroup, u32, written } from '../declaration.js';
import factorSource from './factor.wgsl';
import lowerSource from './lower.wgsl';
import solveSource from './solve.wgsl';

export type CholeskyShape = {
  /** Matrices. */
  readonly batch: number;
  /** Rows of each. */
  readonly size: number;
};

export type TriangularSolveShape = CholeskyShape & {
  /** Columns of each right-hand side. */
  readonly columns: number;
  /** 1: solve with Lᵀ. */
  readonly transpose: number;
  /** 1: b is [batch, columns, size]. */
  readonly transposedRight: number;
};

/** What `lowerProduct` makes. */
export const LOWER_PRODUCT = { projected: 0, outer: 1, symmetric: 2 } as const;

export type LowerProductShape = CholeskyShape & {
  /** Columns of u and v for `outer`, else `size`. */
  readonly columns: number;
  /** A value of `LOWER_PRODUCT`. */
  readonly product: number;
};

const FACTOR_WORKGROUP = { gpu: 64, software: 8 } as const;
/** Right-hand sides that are worth a workgroup of a CPU: each walks over a triangle. */
const SIDES_PER_GROUP = 8;
const ELEMENTS_PER_GROUP = 64;

const squares = ({ batch, size }: CholeskyShape): number => batch * size * size;

/**
 * Lower L `[batch, size, size]` with L Lᵀ = A, zeros above; only A's lower half is read. NaN from where A is not
 * positive definite.
 */
export const choleskyFactor: Kernel<CholeskyShape> = {
  name: 'cholesky/factor',
  source: factorSource,
  buffers: [read('a'), written('l')],
  uniforms: u32('batch', 'size'),
  lengths: (shape) => ({ a: squares(shape), l: squares(shape) }),
  constants: (_, { family }) => ({ WORKGROUP: FACTOR_WORKGROUP[family] }),
  grid: ({ batch }) => linearGrid(batch, 1),
  cost: (shape) => ({ flops: (squares(shape) * shape.size) / 3, bytes: 8 * squares(shape) }),
  sample: { batch: 8, size: 32 },
};

/** x `[batch, size, columns]` with L x = b, or Lᵀ x = b, for lower triangular L whose upper half is not read. */
export const triangularSolve: Kernel<TriangularSolveShape> = {
  name: 'cholesky/solve',
  source: solveSource,
  buffers: [read('l'), read('b'), written('x')],
  uniforms: u32('batch', 'size', 'columns'),
  lengths: (shape) => ({ l: squares(shape), b: shape.batch * shape.size * shape.columns, x: shape.batch * shape.size * shape.columns }),
  constants: ({ transpose, transposedRight }, adapter) => ({
    WORKGROUP: stridedWorkgroup(adapter),
    TRANSPOSE: transpose === 1,
    TRANSPOSED_RIGHT: transposedRight === 1,
  }),
  grid: ({ batch, columns }, adapter) => stridedGrid(batch * columns, adapter, SIDES_PER_GROUP),
  cost: (shape) => ({ flops: squares(shape) * shape.columns, bytes: 4 * (squares(shape) + 2 * shape.batch * shape.size * shape.columns) }),
  sample: { batch: 8, size: 32, columns: 16, transpose: 0, transposedRight: 0 },
};

/** Products that the gradients of both need; see the head of lower.wgsl. out `[batch, size, size]`. */
export const lowerProduct: Kernel<LowerProductShape> = {
  name: 'cholesky/lower-product',
  source: lowerSource,
  buffers: [read('u'), read('v'), written('out')],
  uniforms: u32('batch', 'size', 'columns'),
  lengths: (shape) => {
    const operand = shape.batch * shape.size * shape.columns;
    return { u: operand, v: shape.product === LOWER_PRODUCT.symmetric ? 0 : operand, out: squares(shape) };
  },
  constants: ({ product }, adapter) => ({ WORKGROUP: stridedWorkgroup(adapter), PRODUCT: product }),
  grid: (shape, adapter) => stridedGrid(squares(shape), adapter, ELEMENTS_PER_GROUP),
  cost: (shape) => ({ flops: squares(shape) * shape.columns, bytes: 12 * squares(shape) }),
  sample: { batch: 8, size: 32, columns: 32, product: LOWER_PRODUCT.projected },
};
