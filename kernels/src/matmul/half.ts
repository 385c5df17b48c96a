/** Products of matrices in half precision with sums in f32, on GPUs. */
import { type AdapterTraits, type BufferSlot, type Kernel, linearGrid, type MatrixSizes } from '../declaration.js';
import { buffers, cost, flags, lengths, type MatmulShape, operandSizes, sample, uniforms } from './shape.js';
import { type MatmulSplitShape, matmulSplit } from './split.js';
import matrixSource from './subgroup-matrix.wgsl';
import { matmulTiled } from './tiled.js';

const inHalf = (slots: readonly BufferSlot[]): BufferSlot[] =>
  slots.map((slot) => (/^[ab]$/.test(slot.name) ? { ...slot, element: 'vec4<f16>' as const } : slot));
const halfBuffers = inHalf(buffers);

const halfCost = (shape: MatmulShape) => {
  const { flops, bytes } = cost(shape);
  const { a, b } = operandSizes(shape);
  return { flops, bytes: bytes - 2 * (a + b) };
};

/**
 * `matmulTiled` for a and b in half precision, two elements to a u32, with sums, epilogue and c in f32. The adapter has
 * to have `f16`, and the shape has to fit (`fitsTiles`).
 */
export const matmulTiledHalf: Kernel<MatmulShape> = {
  ...matmulTiled,
  name: 'matmul/tiled-half',
  source: `enable f16;\n${matmulTiled.source}`,
  buffers: halfBuffers,
  constants: (shape, adapter) => ({ ...matmulTiled.constants(shape, adapter), Element: 'f16' }),
  cost: halfCost,
};

/** `matmulSplit` for a and b in half precision. */
export const matmulSplitHalf: Kernel<MatmulSplitShape> = {
  ...matmulSplit,
  name: 'matmul/split-half',
  source: `enable f16;\n${matmulSplit.source}`,
  buffers: inHalf(matmulSplit.buffers),
  constants: (shape, adapter) => ({ ...matmulSplit.constants(shape, adapter), Element: 'f16' }),
  cost: (shape) => {
    const { flops, bytes } = matmulSplit.cost(shape);
    return { flops, bytes: bytes - 2 * (shape.m * shape.k + shape.k * shape.n) };
  },
};

/** Subgroups of a workgroup along both sides of its tile, and matrices of each along both sides of its part. */
const SUBGROUPS = 2;
const FRAGMENTS = 4;
/** Steps of k in workgroup memory at a time: every adapter's k divides it. */
const TILE_K = 32;
/** What stands for an adapter's sizes where none are known. */
const USUAL: MatrixSizes = { m: 16, n: 16, k: 16 };

/**
 * The same on the matrix units of an adapter that lists `subgroupMatrix` and whose subgroups have one size; no
 * `rowSums`. It uses up to 24 KiB of workgroup memory.
 */
export const matmulSubgroupMatrix: Kernel<MatmulShape> = {
  name: 'matmul/subgroup-matrix',
  source: matrixSource,
  buffers: halfBuffers,
  uniforms,
  lengths,
  constants(shape, { subgroups, subgroupMatrix = USUAL }) {
    const { m, n, k } = subgroupMatrix;
    // There is nothing to sum up rows with: matrices keep their elements to themselves.
    const { ROW_SUMS: _, ...rest } = flags(shape);
    return { M: m, N: n, K: k, FRAGMENTS, HIGH: SUBGROUPS, WIDE: SUBGROUPS, LANES: subgroups?.max ?? 32, TILE_K, Value: 'f32', ...rest };
  },
  grid({ m, n, batch }, { subgroupMatrix = USUAL }) {
    const side = SUBGROUPS * FRAGMENTS;
    const tiles = Math.max(1, Math.ceil(n / (side * subgroupMatrix.n))) * Math.max(1, Math.ceil(m / (side * subgroupMatrix.m)));
    return linearGrid(batch * tiles, 1);
  },
  cost: halfCost,
  sample: { ...sample, residual: 1, rowSums: 0 },
};

/** The kernel for a product in half precision on this adapter, which has to have `f16`. */
export function matmulHalfKernel(shape: MatmulShape, { subgroups, subgroupMatrix }: AdapterTraits): Kernel<MatmulShape> {
  const matrices = subgroupMatrix && subgroups && subgroups.min === subgroups.max && !shape.rowSums;
  return matrices ? matmulSubgroupMatrix : matmulTiledHalf;
}
