import { type AdapterTraits, type BufferSlot, type Grid, type Kernel, linearGrid } from '../declaration.js';
import source from './matmul.wgsl';
import outerSource from './outer.wgsl';
import { buffers, cost, flags, lengths, type MatmulShape, sample, uniforms } from './shape.js';
import subgroupsSource from './subgroups.wgsl';
import { fitsTiles, matmulTiled } from './tiled.js';

export * from './half.js';
export { type MatmulShape, operandSizes, PLAIN_PRODUCT } from './shape.js';
export * from './split.js';
export * from './tiled.js';

const WORKGROUP = 8;

const tilesOf = ({ m, n }: MatmulShape, high: number, wide: number): number =>
  Math.max(1, Math.ceil(n / wide)) * Math.max(1, Math.ceil(m / high));

/**
 * `c[m,n] = relu?(op(a)·op(b) + bias[n]) + residual[m,n]`, or `c += …` when accumulating; besides, what `rectify` and
 * `rowSums` say. Row-major f32. An absent bias, residual or sums needs any bound buffer. The sum over k is in one fixed
 * order. Runs on any adapter; `matmulKernel` may know a faster one with the same buffers.
 */
export const matmul: Kernel<MatmulShape> = {
  name: 'matmul',
  source,
  buffers,
  uniforms,
  lengths,
  constants: (shape) => ({ WORKGROUP, Value: 'f32', ...flags(shape) }),
  grid: (shape) => linearGrid(shape.batch * tilesOf(shape, 4, 4 * WORKGROUP), 1),
  cost,
  sample,
};

/** Lanes of a subgroup where all subgroups have one size; the 8 of llvmpipe with AVX2 where it is not known. */
const lanes = ({ subgroups }: AdapterTraits) => subgroups?.max ?? 8;

/** Workgroups a thread: several, so that none waits long for the last, but each loads its chunk of b anew. */
const SHARES = 4;
/** Rows that repay loading a chunk of b, and fewer that do where a thread would have nothing to do. */
const LEAST_ROWS = 96;
const LEAST_ROWS_OF_IDLE = 32;
/** Where the number of threads is not known. */
const USUAL_THREADS = 4;

/**
 * Whether a workgroup makes eight columns to a lane, which takes three quarters of the time: unless more than a sixth
 * of them were none.
 */
function wide({ n }: MatmulShape, adapter: AdapterTraits): boolean {
  const fours = Math.ceil(n / (4 * lanes(adapter)));
  return fours % 2 === 0 || fours > 4;
}

/** Workgroups: enough to share among threads, each with rows enough to repay loading its chunk of b. */
function subgroupsGrid(shape: MatmulShape, adapter: AdapterTraits): Grid {
  const { m, n, batch } = shape;
  const { threads = USUAL_THREADS } = adapter;
  const columns = Math.max(1, batch) * Math.max(1, Math.ceil(n / ((wide(shape, adapter) ? 8 : 4) * lanes(adapter))));
  const most = threads === 1 ? 1 : Math.ceil((SHARES * threads) / columns);
  const busy = Math.min(Math.ceil(threads / columns), Math.ceil(m / LEAST_ROWS_OF_IDLE));
  return linearGrid(columns * Math.max(1, Math.min(most, Math.max(busy, Math.ceil(m / LEAST_ROWS)))), 1);
}

const inFours = buffers.map((slot): BufferSlot => (slot.name === 'sums' ? slot : { ...slot, element: 'vec4<f32>' }));
const NORM_BUFFERS: BufferSlot[] = ['gamma', 'beta'].map((name) => ({ name, access: 'read', element: 'vec4<f32>' }));

/**
 * `matmul` for software adapters whose subgroups all have one size. The adapter has to have the feature `subgroups`,
 * and n has to be a multiple of 4, and the shape must not both accumulate and clamp or rectify.
 */
export const matmulSubgroups: Kernel<MatmulShape> = {
  name: 'matmul/subgroups',
  source: subgroupsSource,
  buffers: [...inFours.slice(0, 4), ...NORM_BUFFERS, ...inFours.slice(4)],
  uniforms: [...uniforms, { name: 'eps', type: 'f32' }],
  lengths: (shape) => ({ ...lengths(shape), gamma: shape.norm * shape.k, beta: shape.norm * shape.k }),
  constants(shape, adapter) {
    const steps = shape.k <= 16 ? 4 : shape.k <= 32 ? 8 : 16;
    return {
      LANES: lanes(adapter),
      Value: 'vec4<f32>',
      WIDE: wide(shape, adapter),
      STEPS: steps,
      WHOLE: shape.k <= 4 * steps,
      EMPTY: shape.k === 0,
      ALIGNED_A: !shape.transposeA && shape.k % 4 === 0,
      NORM: shape.norm === 1,
      ...flags(shape),
    };
  },
  grid: subgroupsGrid,
  cost,
  sample,
};

/** Fours of rows in a tile: no more than lanes, each of which loads one. */
const fours = ({ m }: MatmulShape, adapter: AdapterTraits) => Math.min(m <= 8 ? 2 : m <= 16 ? 4 : 8, lanes(adapter));

/**
 * `c[m,n] = aᵀ·b`, or `c += …`, with the sums over rows of aᵀ beside: a weight's gradient, and its bias's, on the
 * adapters of `matmulSubgroups`. m and n have to be multiples of 4; `fitsOuter` says of which shapes this is all that
 * is asked.
 */
export const matmulOuter: Kernel<MatmulShape> = {
  name: 'matmul/outer',
  source: outerSource,
  buffers: inFours,
  uniforms,
  lengths,
  constants: (shape, adapter) => ({ LANES: lanes(adapter), FOURS: fours(shape, adapter), Value: 'vec4<f32>', ...flags(shape) }),
  grid: (shape, adapter) => linearGrid(shape.batch * tilesOf(shape, 4 * fours(shape, adapter), 4 * lanes(adapter)), 1),
  cost,
  sample: { ...sample, transposeA: 1, transposeB: 0 },
};

/** Rows of c from which on `matmulSubgroups` makes a weight's gradient faster, where its columns are `wide`. */
const FEW_ROWS = 64;

/** Whether `matmulOuter` makes this product. */
export function fitsOuter({ m, n, transposeA, transposeB, bias, relu, residual, rectify }: MatmulShape): boolean {
  return m % 4 === 0 && n % 4 === 0 && transposeA === 1 && !(transposeB || bias || relu || residual || rectify);
}

/** A row of a that is normalised on the way is read in one piece. */
const WIDEST_NORM = 64;

/**
 * Whether there is a kernel on this adapter that makes this product with `norm`, and that kernel is what `matmulKernel`
 * gives.
 */
export function fitsNorm({ n, k, batch, transposeA, accumulate }: MatmulShape, adapter: AdapterTraits): boolean {
  return (
    adapter.family === 'software' &&
    hasVectors(adapter) &&
    n % 4 === 0 &&
    k % 4 === 0 &&
    k > 0 &&
    k <= WIDEST_NORM &&
    batch === 1 &&
    !(transposeA || accumulate)
  );
}

/** Whether subgroups all have one size, and no more lanes than kernels know. */
const hasVectors = ({ subgroups }: AdapterTraits): boolean =>
  subgroups !== undefined && subgroups.min === subgroups.max && subgroups.max <= 16;

/** The kernel for this product on this adapter. All have the same buffers and the same results to rounding. */
export function matmulKernel(shape: MatmulShape, adapter: AdapterTraits): Kernel<MatmulShape> {
  if (adapter.family === 'gpu') return fitsTiles(shape) ? matmulTiled : matmul;
  if (!hasVectors(adapter) || shape.n % 4 !== 0 || (shape.accumulate && (shape.relu || shape.rectify))) return matmul;
  return fitsOuter(shape) && !(wide(shape, adapter) && shape.m >= FEW_ROWS) ? matmulOuter : matmulSubgroups;
}
