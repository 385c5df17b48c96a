/** Products whose long sum is shared among workgroups, on GPUs: the gradients of weights. */
import { type AdapterTraits, type Kernel, linearGrid, read, stridedGrid, stridedWorkgroup, u32, written } from '../declaration.js';
import combineSource from './combine.wgsl';
import { cost, type MatmulShape, PLAIN_PRODUCT } from './shape.js';
import source from './split.wgsl';

export type MatmulSplitShape = Pick<MatmulShape, 'm' | 'n' | 'k' | 'rowSums'> & {
  /** Parts of k. */
  readonly parts: number;
};

/** A side of a workgroup's tile of c. */
const TILE = 64;
/** Workgroups that keep a big GPU busy: some for each of its processors. */
const ENOUGH = 1024;
/** Steps of k that a part is worth being cut off for. */
const PART = 128;

const tiles = ({ m, n }: Pick<MatmulSplitShape, 'm' | 'n'>) => Math.max(1, Math.ceil(n / TILE)) * Math.max(1, Math.ceil(m / TILE));

/**
 * aᵀ · b for a [k, m] and b [k, n] with few tiles and a long k: c gets each part's sum [m, n] and, with `rowSums`, the
 * part's sums of a over k [m] behind it; `matmulCombine` adds the parts up. m and n have to be multiples of 4.
 */
export const matmulSplit: Kernel<MatmulSplitShape> = {
  name: 'matmul/split',
  source,
  buffers: [read('a', 'vec4<f32>', 'vec4<Element>'), read('b', 'vec4<f32>', 'vec4<Element>'), written('c', 'vec4<f32>')],
  uniforms: u32('m', 'n', 'k', 'parts'),
  lengths: ({ m, n, k, rowSums, parts }) => ({ a: k * m, b: k * n, c: parts * m * (n + rowSums) }),
  constants: ({ rowSums }) => ({ Element: 'f32', ROW_SUMS: rowSums === 1 }),
  grid: (shape) => linearGrid(tiles(shape) * shape.parts, 1),
  cost: (shape) => {
    const { flops, bytes } = cost({ ...PLAIN_PRODUCT, ...shape, transposeA: 1 });
    return { flops, bytes: bytes + 4 * (shape.parts - 1) * shape.m * (shape.n + shape.rowSums) };
  },
  sample: { m: 192, n: 64, k: 4096, rowSums: 1, parts: 16 },
};

/**
 * Parts into which to split such a sum on this adapter: 1 where there are tiles enough for all of a GPU, or k is short;
 * always on a software adapter, whose few threads the rows keep busy.
 */
export function matmulParts(shape: Pick<MatmulSplitShape, 'm' | 'n' | 'k'>, { family }: AdapterTraits): number {
  if (family !== 'gpu' || shape.m % 4 !== 0 || shape.n % 4 !== 0) return 1;
  return Math.max(1, Math.min(Math.floor(ENOUGH / tiles(shape)), Math.floor(shape.k / PART)));
}

export type CombineShape = {
  /** Elements of c. */
  readonly count: number;
  /** Sums behind them; 0 without. */
  readonly rows: number;
  readonly parts: number;
  /** Elements of a part, and where in it the sums begin: there may be others between and behind. */
  readonly whole: number;
  readonly sumsAt: number;
  /** 1: add to c instead of overwriting it. */
  readonly accumulate: number;
};

/**
 * c [count] = Σ of parts [parts, whole] over their first elements, in order; their sums, from `sumsAt` on, are added to
 * sums [rows].
 */
export const matmulCombine: Kernel<CombineShape> = {
  name: 'matmul/combine',
  source: combineSource,
  buffers: [read('parts'), written('c'), written('sums')],
  uniforms: u32('count', 'rows', 'parts', 'whole', 'sumsAt'),
  lengths: ({ count, rows, parts, whole, sumsAt }) => ({
    parts: parts === 0 ? 0 : (parts - 1) * whole + Math.max(count, rows && sumsAt + rows),
    c: count,
    sums: rows,
  }),
  constants: ({ accumulate }, adapter) => ({ WORKGROUP: stridedWorkgroup(adapter), ACCUMULATE: accumulate === 1 }),
  grid: ({ count, rows }, adapter) => stridedGrid(count + rows, adapter),
  cost: ({ count, rows, parts, accumulate }) => ({
    flops: count * (parts - 1 + accumulate) + rows * parts,
    bytes: 4 * (count * (parts + 1 + accumulate) + rows * (parts + 2)),
  }),
  sample: { count: 12288, rows: 192, parts: 16, whole: 12480, sumsAt: 12288, accumulate: 1 },
};
