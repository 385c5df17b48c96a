/** Products of matrices on GPUs. */
import { type AdapterTraits, type Kernel, stridedGrid, stridedWorkgroup } from '../declaration.js';
import combineSource from './combine.wgsl';
import { buffers, cost, flags, type MatmulShape, PLAIN_PRODUCT, sample, uniforms } from './shape.js';
import source from './tiled.wgsl';

/** A workgroup's tile of c. Both take 256 invocations and 16 KiB of workgroup memory, which every adapter has. */
const TILES = {
  large: { TILE_M: 128, TILE_N: 128, TILE_K: 8, ROWS: 8, COLUMNS: 8 },
  small: { TILE_M: 64, TILE_N: 64, TILE_K: 16, ROWS: 4, COLUMNS: 4 },
} as const;

/** Workgroups below which large tiles leave too much of a GPU without work. */
const ENOUGH = 64;

type Sizes = Pick<MatmulShape, 'm' | 'n'>;

const groupsOf = ({ m, n }: Sizes, { TILE_M, TILE_N }: (typeof TILES)['large' | 'small']) =>
  [Math.max(1, Math.ceil(n / TILE_N)), Math.max(1, Math.ceil(m / TILE_M))] as const;

function tileOf(sizes: Sizes) {
  const [x, y] = groupsOf(sizes, TILES.large);
  return x * y >= ENOUGH ? TILES.large : TILES.small;
}

/** Whether the tiled kernels take a product: rows of a, b and c in memory are whole vec4s, and at most one is transposed. */
export function fitsTiles({ m, n, k, transposeA, transposeB }: Pick<MatmulShape, 'm' | 'n' | 'k' | 'transposeA' | 'transposeB'>): boolean {
  if (transposeA && transposeB) return false;
  return (transposeA ? m : k) % 4 === 0 && (transposeB ? k : n) % 4 === 0;
}

const wide = buffers.map((slot) => (/^[ab]$/.test(slot.name) ? ({ ...slot, element: 'vec4<f32>' } as const) : slot));

/** `matmul` out of tiles in workgroup memory, for GPUs. The shape has to fit (`fitsTiles`). */
export const matmulTiled: Kernel<MatmulShape> = {
  name: 'matmul/tiled',
  source,
  buffers: wide,
  uniforms,
  constants: (shape) => ({ Element: 'f32', ...tileOf(shape), SPLIT: false, ...flags(shape) }),
  grid: (shape) => [...groupsOf(shape, tileOf(shape)), 1],
  cost,
  sample,
};

export type MatmulSplitShape = Pick<MatmulShape, 'm' | 'n' | 'k' | 'transposeA' | 'transposeB' | 'rowSums'> & {
  /** Parts of k. */
  readonly parts: number;
};

/**
 * A product whose sum over k is split among workgroups, for shapes with few tiles and a long k such as the gradient of a weight:
 * c gets each part's sum [m, n] and, with `rowSums`, the part's sums of op(a) [m] behind it; `matmulCombine` adds the parts up. `bias`,
 * `residual` and `sums` need any bound buffer.
 */
export const matmulSplit: Kernel<MatmulSplitShape> = {
  name: 'matmul/split',
  source,
  buffers: wide,
  uniforms,
  constants: (shape) => ({ Element: 'f32', ...TILES.small, SPLIT: true, ...flags({ ...PLAIN_PRODUCT, ...shape }) }),
  grid: (shape) => [...groupsOf(shape, TILES.small), shape.parts],
  cost: (shape) => {
    const { flops, bytes } = cost({ ...PLAIN_PRODUCT, ...shape });
    return { flops, bytes: bytes + 4 * (shape.parts - 1) * shape.m * (shape.n + shape.rowSums) };
  },
  sample: { m: 192, n: 64, k: 4096, transposeA: 1, transposeB: 0, rowSums: 1, parts: 16 },
};

export type CombineShape = {
  /** Elements of c. */
  readonly count: number;
  /** Sums of op(a) behind c in every part; 0 without. */
  readonly rows: number;
  readonly parts: number;
  /** 1: add to c instead of overwriting it. */
  readonly accumulate: number;
};

/** c [count] = Σ of the parts that `matmulSplit` left [parts, count + rows], in order; what is behind c in them is added to sums [rows]. */
export const matmulCombine: Kernel<CombineShape> = {
  name: 'matmul/combine',
  source: combineSource,
  buffers: [
    { name: 'parts', access: 'read', element: 'f32' },
    { name: 'c', access: 'read_write', element: 'f32' },
    { name: 'sums', access: 'read_write', element: 'f32' },
  ],
  uniforms: [
    { name: 'count', type: 'u32' },
    { name: 'rows', type: 'u32' },
    { name: 'parts', type: 'u32' },
  ],
  constants: ({ accumulate }, adapter) => ({ WORKGROUP: stridedWorkgroup(adapter), ACCUMULATE: accumulate === 1 }),
  grid: ({ count, rows }, adapter) => stridedGrid(count + rows, adapter),
  cost: ({ count, rows, parts, accumulate }) => ({
    flops: count * (parts - 1 + accumulate) + rows * parts,
    bytes: 4 * (count * (parts + 1 + accumulate) + rows * (parts + 2)),
  }),
  sample: { count: 12288, rows: 192, parts: 16, accumulate: 1 },
};

/** What a part is worth being cut off for, in steps of k. */
const PART = 256;

/**
 * Parts into which to split a product's sum on this adapter: 1 where there are tiles enough for all of a GPU, or k is short; always on a
 * software adapter, whose few threads the rows keep busy.
 */
export function matmulParts(shape: Omit<MatmulSplitShape, 'parts' | 'rowSums'>, { family }: AdapterTraits): number {
  if (family !== 'gpu' || !fitsTiles(shape)) return 1;
  const [x, y] = groupsOf(shape, TILES.small);
  return Math.max(1, Math.min(Math.floor((2 * ENOUGH) / (x * y)), Math.floor(shape.k / PART)));
}
