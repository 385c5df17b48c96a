/** Causal attention over whole sequences for GPUs: the same function as in `index.ts`, by tiles in workgroup memory. */
import { type AdapterTraits, type Kernel, linearGrid, read, u32, written } from '../declaration.js';
import {
  type AttentionBackwardShape,
  type AttentionBiasShape,
  type AttentionShape,
  headConstants,
  pairs,
  sample,
  windowed,
} from './shape.js';
import backwardBiasSource from './tiled-backward-bias.wgsl';
import backwardKeysSource from './tiled-backward-keys.wgsl';
import backwardQueriesSource from './tiled-backward-queries.wgsl';
import forwardSource from './tiled-forward.wgsl';

type Rows = Pick<AttentionShape, 'time' | 'headDim'>;

/** Rows (queries, or keys) of a workgroup. */
const rowsOf = ({ time }: Rows, lanes: number): number => (lanes > 2 || time <= 32 ? 32 : 64);

/** Invocations that share a row: what each holds of it has to fit its registers. */
function lanesOf({ headDim }: Rows, most: number): number {
  const vectors = headDim / 4;
  let lanes = 1;
  while (headDim / lanes > most && vectors % (2 * lanes) === 0 && lanes < 4) lanes *= 2;
  return lanes;
}

/** Tiles of the other side; all of a kernel's workgroup memory stays below the 16 KiB that every adapter has. */
const FORWARD = { most: 64, tile: ({ headDim }: Rows): number => (headDim <= 32 ? 32 : headDim <= 64 ? 16 : 8) };
const BACKWARD = { most: 32, tile: ({ headDim }: Rows): number => (headDim <= 16 ? 32 : headDim <= 32 ? 16 : 8) };

/** Where unrolled loops cost more to compile than they save. */
const rolled = ({ family }: AdapterTraits): boolean => family === 'software';

/** Widest head whose tiles fit. */
const WIDEST = 128;

/** Whether the tiled kernels are the ones for this head on this adapter. */
export const attentionTiles = ({ headDim }: Pick<AttentionShape, 'headDim'>, { family }: AdapterTraits): boolean =>
  family === 'gpu' && headDim <= WIDEST;

const grid = ({ batch, time, heads }: Pick<AttentionShape, 'batch' | 'time' | 'heads'>, rows: number) =>
  linearGrid(batch * heads * Math.ceil(time / rows), 1);

/** `attentionForward` by tiles: the same buffers. Heads up to 128 wide. */
export const attentionTiledForward: Kernel<AttentionShape> = {
  name: 'attention/tiled-forward',
  source: forwardSource,
  buffers: [
    read('qkv', 'vec4<f32>'),
    read('biasTable'),
    read('bucketOfDistance', 'u32'),
    read('lengths', 'u32'),
    written('y', 'vec4<f32>'),
    written('lse'),
  ],
  uniforms: u32('batch', 'time', 'heads', 'headDim', 'window'),
  constants(shape, adapter) {
    const lanes = lanesOf(shape, FORWARD.most);
    const { headDim, buckets, lengths } = shape;
    const flags = { BIASED: buckets > 0, MASKED: lengths !== 0, WINDOWED: windowed(shape) };
    return {
      LANES: lanes,
      QUERIES: rowsOf(shape, lanes),
      KEYS: FORWARD.tile(shape),
      ROLLED: rolled(adapter),
      ...headConstants(headDim),
      ...flags,
    };
  },
  grid: (shape) => grid(shape, rowsOf(shape, lanesOf(shape, FORWARD.most))),
  cost: (shape) => ({
    flops: pairs(shape) * (4 * shape.headDim + 6),
    bytes: 4 * shape.batch * shape.time * shape.heads * (4 * shape.headDim + 1),
  }),
  sample,
};

/** Tiles of queries of `attentionTiledBackwardQueries`: each leaves a part of dBias. */
export const attentionParts = (shape: Rows): number => Math.ceil(shape.time / rowsOf(shape, lanesOf(shape, BACKWARD.most)));

const biased = { batch: 256, time: 24, heads: 4, headDim: 16, buckets: 32, window: 0 };

/**
 * The gradient for queries, the first part of each row of dqkv; dBias `[batch, attentionParts, heads, time]`, overwritten (without a
 * bias the slot holds a dummy); and `mean [batch, heads, time]`, Σ y·dy of each query, for `attentionTiledBackwardKeys`.
 */
export const attentionTiledBackwardQueries: Kernel<AttentionBackwardShape> = {
  name: 'attention/tiled-backward-queries',
  source: backwardQueriesSource,
  buffers: [
    read('qkv', 'vec4<f32>'),
    read('biasTable'),
    read('bucketOfDistance', 'u32'),
    read('y', 'vec4<f32>'),
    read('lse'),
    read('dy', 'vec4<f32>'),
    written('dqkv', 'vec4<f32>'),
    written('dBias'),
    written('mean'),
  ],
  uniforms: u32('batch', 'time', 'heads', 'headDim', 'window'),
  constants(shape, adapter) {
    const lanes = lanesOf(shape, BACKWARD.most);
    const sizes = { LANES: lanes, QUERIES: rowsOf(shape, lanes), KEYS: BACKWARD.tile(shape) };
    return { ...sizes, ROLLED: rolled(adapter), ...headConstants(shape.headDim), BIASED: shape.buckets > 0, WINDOWED: windowed(shape) };
  },
  grid: (shape) => grid(shape, rowsOf(shape, lanesOf(shape, BACKWARD.most))),
  cost: (shape) => ({
    flops: pairs(shape) * (6 * shape.headDim + 8),
    bytes: 4 * shape.batch * shape.time * shape.heads * (6 * shape.headDim + 3),
  }),
  sample: biased,
};

/** The gradients for keys and values, the other parts of dqkv, from `mean` as `attentionTiledBackwardQueries` left it. */
export const attentionTiledBackwardKeys: Kernel<AttentionBackwardShape> = {
  name: 'attention/tiled-backward-keys',
  source: backwardKeysSource,
  buffers: [
    read('qkv', 'vec4<f32>'),
    read('biasTable'),
    read('bucketOfDistance', 'u32'),
    read('lse'),
    read('mean'),
    read('dy', 'vec4<f32>'),
    written('dqkv', 'vec4<f32>'),
  ],
  uniforms: u32('batch', 'time', 'heads', 'headDim', 'window'),
  constants(shape, adapter) {
    const lanes = lanesOf(shape, BACKWARD.most);
    const sizes = { LANES: lanes, KEYS: rowsOf(shape, lanes), QUERIES: BACKWARD.tile(shape) };
    return { ...sizes, ROLLED: rolled(adapter), ...headConstants(shape.headDim), BIASED: shape.buckets > 0, WINDOWED: windowed(shape) };
  },
  grid: (shape) => grid(shape, rowsOf(shape, lanesOf(shape, BACKWARD.most))),
  cost: (shape) => ({
    flops: pairs(shape) * (8 * shape.headDim + 8),
    bytes: 4 * shape.batch * shape.time * shape.heads * (6 * shape.headDim + 2),
  }),
  sample: biased,
};

/** Adds dBias `[batch, heads, time]` to the gradient dBiasTable `[buckets, heads]`; parts count as sequences. */
export const attentionTiledBackwardBias: Kernel<AttentionBiasShape> = {
  name: 'attention/tiled-backward-bias',
  source: backwardBiasSource,
  buffers: [read('dBias'), read('bucketOfDistance', 'u32'), written('dBiasTable')],
  uniforms: u32('batch', 'time', 'heads', 'buckets'),
  constants: () => ({ WORKGROUP: 64 }),
  grid: ({ heads, buckets }) => [buckets, heads, 1],
  cost: ({ batch, time, heads, buckets }) => ({ flops: batch * heads * time, bytes: 4 * (batch * heads * time + 2 * heads * buckets) }),
  sample: { batch: 256, time: 24, heads: 4, buckets: 32 },
};
