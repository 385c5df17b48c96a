import { type AdapterTraits, type Kernel, linearGrid } from '../declaration.js';
import backwardSource from './backward.wgsl';
import forwardSource from './forward.wgsl';

export type EmbeddingShape = {
  /** Observations, N. */
  readonly rows: number;
  /** Indices of each, K. */
  readonly slots: number;
  /** Columns of the table. */
  readonly width: number;
  /** Rows of the table. */
  readonly vocabulary: number;
};
export type EmbeddingBackwardShape = EmbeddingShape & {
  /** 1: every table row occurs in one slot only, which makes the gradient a single walk over the observations. */
  readonly bySlot: number;
};

const ROWS = 4;
const uniforms = (['rows', 'slots', 'width', 'vocabulary'] as const).map((name) => ({ name, type: 'u32' as const }));
const columns = (width: number, { family }: AdapterTraits): number => (family === 'software' ? 8 : Math.min(64, 8 * Math.ceil(width / 8)));

/** `out[n, :] = Σ_k table[indices[n, k], :]`; an index outside the table (−1) adds nothing. out [N, width]. */
export const embeddingSum: Kernel<EmbeddingShape> = {
  name: 'embedding/sum',
  source: forwardSource,
  buffers: [
    { name: 'indices', access: 'read', element: 'i32' },
    { name: 'table', access: 'read', element: 'f32' },
    { name: 'out', access: 'read_write', element: 'f32' },
  ],
  uniforms,
  constants: ({ width }) => ({ WORKGROUP: Math.min(64, 8 * Math.ceil(width / 8)), ROWS }),
  grid: ({ rows }) => linearGrid(rows, ROWS),
  cost: ({ rows, slots, width }) => ({ flops: rows * slots * width, bytes: 4 * rows * (slots + width + slots * width) }),
  sample: { rows: 1000, slots: 50, width: 64, vocabulary: 310 },
};

/** Adds the gradient of the table `[vocabulary, width]` to dTable, in a fixed order. */
export const embeddingSumBackward: Kernel<EmbeddingBackwardShape> = {
  name: 'embedding/sum-backward',
  source: backwardSource,
  buffers: [
    { name: 'indices', access: 'read', element: 'i32' },
    { name: 'dOut', access: 'read', element: 'f32' },
    { name: 'dTable', access: 'read_write', element: 'f32' },
  ],
  uniforms,
  constants: ({ bySlot, width }, adapter) => ({ WORKGROUP: columns(width, adapter), BY_SLOT: bySlot === 1 }),
  grid: ({ bySlot, slots, vocabulary, width }, adapter) => {
    const [x, y] = linearGrid(bySlot === 1 ? slots : vocabulary, 1);
    return [x, y, Math.ceil(width / columns(width, adapter))];
  },
  cost: ({ rows, slots, width, vocabulary }) => ({ flops: rows * slots * width, bytes: 4 * (rows * slots + rows * slots * width + 2 * vocabulary * width) }),
  sample: { rows: 1000, slots: 50, width: 64, vocabulary: 310, bySlot: 1 },
};
