/** Attention over whole sequences for GPUs: the same function as in `index.ts`, by tiles in workgroup memory. */
import { type AdapterTraits, type Constant, type Kernel, linearGrid, read, u32, written } from '../declaration.js';
import {
  type AttentionBiasShape,
  type AttentionShape,
  attentionLengths,
  biasCost,
  biasLengths,
  forwardCost,
  keyElements,
  maskConstants,
  operands,
  packedAttention,
  pairs,
  queryElements,
  sample,
  uniforms,
} from './shape.js';
import backwardBiasSource from './tiled-backward-bias.wgsl';
import backwardKeysSource from './tiled-backward-keys.wgsl';
import backwardQueriesSource from './tiled-backward-queries.wgsl';
import forwardSource from './tiled-forward.wgsl';

type Rows = Pick<AttentionShape, 'queries' | 'keys' | 'headDim'>;

/** Rows of a workgroup, of so many there are. */
const rowsOf = (rows: number, lanes: number): number => (lanes > 2 || rows <= 32 ? 32 : 64);

/** Invocations that share a row: what each holds of it has to fit its registers. */
function lanesOf({ headDim }: Rows, most: number): number {
  const vectors = headDim / 4;
  let lanes = 1;
  while (headDim / lanes > most && vectors % (2 * lanes) === 0 && lanes < 4) lanes *= 2;
  return lanes;
}

/**
 * Elements of a row that an invocation takes at most, and rows of the other side in a tile. All workgroup memory stays
 * below 16 KiB.
 */
interface Tiling {
  readonly most: number;
  tile(headDim: number): number;
}
const FORWARD: Tiling = { most: 64, tile: (headDim) => (headDim <= 32 ? 32 : headDim <= 64 ? 16 : 8) };
const BACKWARD: Tiling = { most: 32, tile: (headDim) => (headDim <= 16 ? 32 : headDim <= 32 ? 16 : 8) };

/** Widest head whose tiles fit. */
const WIDEST = 128;

/** Whether the tiled kernels are the ones for this head on this adapter. */
export const attentionTiles = ({ headDim }: Pick<AttentionShape, 'headDim'>, { family }: AdapterTraits): boolean =>
  family === 'gpu' && headDim <= WIDEST;

/** Constants of a kernel that holds rows of `side` and goes through tiles of the other. */
function tileConstants(
  shape: AttentionShape,
  side: 'queries' | 'keys',
  tiling: Tiling,
  { family }: AdapterTraits,
): Record<string, Constant> {
  const lanes = lanesOf(shape, tiling.most);
  const [held, tile] = [rowsOf(shape[side], lanes), tiling.tile(shape.headDim)];
  return {
    LANES: lanes,
    TILE: tile,
    QUERIES: side === 'queries' ? held : tile,
    KEYS: side === 'keys' ? held : tile,
    // Unrolled loops cost a software adapter more to compile than they save.
    ROLLED: family === 'software',
    ...maskConstants(shape),
  };
}

const groups = (shape: Rows, side: 'queries' | 'keys', tiling: Tiling): number =>
  Math.ceil(shape[side] / rowsOf(shape[side], lanesOf(shape, tiling.most)));

/** `attentionForward` by tiles: the same buffers. Heads up to 128 wide. */
export const attentionTiledForward: Kernel<AttentionShape> = {
  name: 'attention/tiled-forward',
  source: forwardSource,
  buffers: [...operands, read('lengths', 'u32'), read('keyLengths', 'u32'), written('y', 'vec4<f32>'), written('lse')],
  uniforms,
  lengths(shape) {
    const { q, k, v, y, bias, lengths, keyLengths, perQuery } = attentionLengths(shape);
    return { q, k, v, y, bias, lengths, keyLengths, lse: perQuery };
  },
  constants: (shape, adapter) => tileConstants(shape, 'queries', FORWARD, adapter),
  grid: (shape) => linearGrid(shape.batch * shape.heads * groups(shape, 'queries', FORWARD), 1),
  cost: forwardCost,
  sample,
};

/** Tiles of queries of `attentionTiledBackwardQueries`: each leaves a part of dBias. */
export const attentionParts = (shape: Rows): number => groups(shape, 'queries', BACKWARD);

const biased = packedAttention({ batch: 256, time: 24, heads: 4, headDim: 16, biased: 1 });

/**
 * The gradient for queries, the first part of dqkv, and dBias `[batch, attentionParts, heads, distances]`, overwritten
 * (without a bias the slot holds a dummy). lse `[2, batch, heads, queries]`: the first half as the forward pass left
 * it; the second receives Σ y·dy of each query, for `attentionTiledBackwardKeys`.
 */
export const attentionTiledBackwardQueries: Kernel<AttentionShape> = {
  name: 'attention/tiled-backward-queries',
  source: backwardQueriesSource,
  buffers: [
    ...operands,
    read('keyLengths', 'u32'),
    read('y', 'vec4<f32>'),
    read('dy', 'vec4<f32>'),
    written('lse'),
    written('dqkv', 'vec4<f32>'),
    written('dBias'),
  ],
  uniforms,
  lengths(shape) {
    const { q, k, v, y, dy, gradients: dqkv, bias, keyLengths, perQuery } = attentionLengths(shape);
    return { q, k, v, bias, keyLengths, y, dy, lse: 2 * perQuery, dqkv, dBias: shape.batch * attentionParts(shape) * bias };
  },
  constants: (shape, adapter) => tileConstants(shape, 'queries', BACKWARD, adapter),
  grid: (shape) => linearGrid(shape.batch * shape.heads * attentionParts(shape), 1),
  cost: (shape) => ({
    flops: pairs(shape) * (6 * shape.headDim + 8),
    bytes: 4 * (4 * queryElements(shape) + 2 * keyElements(shape) + 3 * shape.batch * shape.heads * shape.queries),
  }),
  sample: biased,
};

/** The gradients for keys and values, the other parts of dqkv, from lse as `attentionTiledBackwardQueries` left it. */
export const attentionTiledBackwardKeys: Kernel<AttentionShape> = {
  name: 'attention/tiled-backward-keys',
  source: backwardKeysSource,
  buffers: [...operands, read('keyLengths', 'u32'), read('lse'), read('dy', 'vec4<f32>'), written('dqkv', 'vec4<f32>')],
  uniforms,
  lengths(shape) {
    const { q, k, v, dy, gradients: dqkv, bias, keyLengths, perQuery } = attentionLengths(shape);
    return { q, k, v, bias, keyLengths, lse: 2 * perQuery, dy, dqkv };
  },
  constants: (shape, adapter) => tileConstants(shape, 'keys', BACKWARD, adapter),
  grid: (shape) => linearGrid(shape.batch * shape.kvHeads * groups(shape, 'keys', BACKWARD), 1),
  cost: (shape) => ({
    flops: pairs(shape) * (8 * shape.headDim + 8),
    bytes: 4 * (2 * queryElements(shape) + 4 * keyElements(shape) + 2 * shape.batch * shape.heads * shape.queries),
  }),
  sample: biased,
};

/** Adds dBias `[batch, heads, distances]` to the gradient dBiasTable `[buckets, heads]`; parts count as sequences. */
export const attentionTiledBackwardBias: Kernel<AttentionBiasShape> = {
  name: 'attention/tiled-backward-bias',
  source: backwardBiasSource,
  buffers: [read('dBias'), read('bucketOfDistance', 'u32'), written('dBiasTable')],
  uniforms: u32('batch', 'distances', 'heads', 'buckets'),
  lengths: biasLengths,
  constants: () => ({ WORKGROUP: 64 }),
  grid: ({ heads, buckets }) => [buckets, heads, 1],
  cost: biasCost,
  sample: { batch: 256, distances: 24, heads: 4, buckets: 32 },
};
