/** Products of matrices on GPUs. */
import { type Kernel, linearGrid } from '../declaration.js';
import { buffers, cost, flags, lengths, type MatmulShape, sample, uniforms } from './shape.js';
import source from './tiled.wgsl';

/** A workgroup's tile of c. Both take 256 invocations and 16 KiB of workgroup memory, which every adapter has. */
const TILES = {
  large: { TILE_M: 128, TILE_N: 128, TILE_K: 8, ROWS: 8, COLUMNS: 8 },
  small: { TILE_M: 64, TILE_N: 64, TILE_K: 16, ROWS: 4, COLUMNS: 4 },
} as const;

/** Workgroups below which large tiles leave too much of a GPU without work. */
const ENOUGH = 64;

type Sizes = Pick<MatmulShape, 'm' | 'n' | 'batch'>;

const groupsOf = ({ m, n, batch }: Sizes, { TILE_M, TILE_N }: (typeof TILES)['large' | 'small']) =>
  batch * Math.max(1, Math.ceil(n / TILE_N)) * Math.max(1, Math.ceil(m / TILE_M));

function tileOf(sizes: Sizes) {
  return groupsOf(sizes, TILES.large) >= ENOUGH ? TILES.large : TILES.small;
}

/**
 * Whether the tiled kernels take a product: rows of a, b and c in memory are whole vec4s, and at most one is
 * transposed.
 */
export function fitsTiles({ m, n, k, transposeA, transposeB }: Pick<MatmulShape, 'm' | 'n' | 'k' | 'transposeA' | 'transposeB'>): boolean {
  if (transposeA && transposeB) return false;
  return (transposeA ? m : k) % 4 === 0 && (transposeB ? k : n) % 4 === 0;
}

const wide = buffers.map((slot) => (/^[ab]$/.test(slot.name) ? ({ ...slot, element: 'vec4<f32>', as: 'vec4<Element>' } as const) : slot));

/** `matmul` out of tiles in workgroup memory, for GPUs. The shape has to fit (`fitsTiles`). */
export const matmulTiled: Kernel<MatmulShape> = {
  name: 'matmul/tiled',
  source,
  buffers: wide,
  uniforms,
  lengths,
  constants: (shape) => ({ Element: 'f32', Value: 'f32', ...tileOf(shape), ...flags(shape) }),
  grid: (shape) => linearGrid(groupsOf(shape, tileOf(shape)), 1),
  cost,
  sample,
};
