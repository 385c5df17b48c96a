import { type AdapterTraits, type Kernel, linearGrid, read, u32, valueConstants, written } from '../declaration.js';
import backwardSource from './backward.wgsl';
import backwardSubgroupsSource from './backward-subgroups.wgsl';
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
  /** 1: every table row occurs in one slot only, so that slots can be worked on apart; 0: one workgroup takes all. */
  readonly bySlot: number;
  /** Parts of the rows, each of which adds to a table of its own; see `embeddingParts`. */
  readonly parts: number;
};

const uniforms = u32('rows', 'slots', 'width', 'vocabulary');
/** Columns are taken four at a time where the width allows it, and two of those by each invocation. */
const columns = ({ width }: EmbeddingShape) => valueConstants(width % 4 === 0);
const workgroup = ({ family }: AdapterTraits): number => (family === 'software' ? 8 : 32);
/** Slots that a workgroup of the backward pass owns: what it reads of the gradient serves all of them. */
const ownSlots = ({ bySlot, slots }: EmbeddingBackwardShape, { family }: AdapterTraits): number =>
  Math.max(1, bySlot === 0 ? slots : family === 'software' ? Math.ceil(slots / 16) : 1);
/** Stretches of columns, each with a workgroup, in the backward pass. */
const stretches = (shape: EmbeddingBackwardShape, adapter: AdapterTraits): number =>
  Math.max(1, Math.ceil(shape.width / columns(shape).LANES / (2 * workgroup(adapter))));

/** `out[n, :] = Σ_k table[indices[n, k], :]`; an index outside the table (−1) adds nothing. out [N, width]. */
export const embeddingSum: Kernel<EmbeddingShape> = {
  name: 'embedding/sum',
  source: forwardSource,
  buffers: [read('indices', 'i32'), read('table', 'f32', 'Value'), written('out', 'f32', 'Value')],
  uniforms,
  lengths: ({ rows, slots, width, vocabulary }) => ({ indices: rows * slots, table: vocabulary * width, out: rows * width }),
  constants: (shape, adapter) => ({ WORKGROUP: workgroup(adapter), ...columns(shape) }),
  // Starting a workgroup costs a software adapter as much as a few observations.
  grid: ({ rows }, { family }) => (family === 'software' ? [Math.max(1, Math.min(64, rows)), 1, 1] : linearGrid(rows, 1)),
  cost: ({ rows, slots, width }) => ({ flops: rows * slots * width, bytes: 4 * rows * (slots + width + slots * width) }),
  sample: { rows: 1000, slots: 50, width: 64, vocabulary: 310 },
};

/** Rows that a part of them is worth a table for, and the most parts. */
const PART = { rows: 256, most: 32 };

/**
 * Parts of the rows for the table's gradient on this adapter: on a GPU a walk over all of them would leave most of it
 * idle.
 */
export const embeddingParts = ({ rows }: EmbeddingShape, { family }: AdapterTraits): number =>
  family === 'gpu' ? Math.max(1, Math.min(PART.most, Math.floor(rows / PART.rows))) : 1;

/**
 * Adds the gradient of the table to dTable `[parts, vocabulary, width]`, each part of the rows to its own, in a fixed
 * order.
 */
export const embeddingSumBackward: Kernel<EmbeddingBackwardShape> = {
  name: 'embedding/sum-backward',
  source: backwardSource,
  buffers: [read('indices', 'i32'), read('dOut', 'f32', 'Value'), written('dTable', 'f32', 'Value')],
  uniforms: [...uniforms, ...u32('parts')],
  lengths: ({ rows, slots, width, vocabulary, parts }) => ({
    indices: rows * slots,
    dOut: rows * width,
    dTable: parts * vocabulary * width,
  }),
  constants: (shape, adapter) => ({ WORKGROUP: workgroup(adapter), SLOTS: ownSlots(shape, adapter), ...columns(shape) }),
  grid: (shape, adapter) =>
    linearGrid(Math.max(1, Math.ceil(shape.slots / ownSlots(shape, adapter))) * stretches(shape, adapter) * shape.parts, 1),
  cost: ({ rows, slots, width, vocabulary }) => ({
    flops: rows * slots * width,
    bytes: 4 * (rows * slots + rows * slots * width + 2 * vocabulary * width),
  }),
  sample: { rows: 1000, slots: 50, width: 64, vocabulary: 310, bySlot: 1, parts: 1 },
};

/** vec4s of a row per lane beyond which they no longer fit registers. */
const MOST_VECTORS = 8;
/** Lanes of a subgroup where all subgroups have one size; the 8 of llvmpipe with AVX2 where it is not known. */
const lanes = ({ subgroups }: AdapterTraits): number => subgroups?.max ?? 8;

/**
 * `embeddingSumBackward` by slot for software adapters whose subgroups all have one size; the adapter has to have the
 * feature `subgroups`. The width has to be a multiple of four times that size. Quick where the table rows of a slot are
 * neighbours, as every row between the least and the greatest is searched for.
 */
export const embeddingSumBackwardSubgroups: Kernel<EmbeddingBackwardShape> = {
  ...embeddingSumBackward,
  name: 'embedding/sum-backward-subgroups',
  source: backwardSubgroupsSource,
  buffers: [read('indices', 'i32'), read('dOut', 'vec4<f32>'), written('dTable', 'vec4<f32>')],
  constants: ({ width }, adapter) => ({ LANES: lanes(adapter), VECTORS: Math.ceil(width / (4 * lanes(adapter))) }),
  grid: ({ slots }) => linearGrid(slots, 1),
};

/** The kernel for the table's gradient on this adapter. Both have the same buffers and the same results to rounding. */
export function embeddingSumBackwardKernel(
  shape: EmbeddingBackwardShape,
  { family, subgroups }: AdapterTraits,
): Kernel<EmbeddingBackwardShape> {
  if (family !== 'software' || !subgroups || subgroups.min !== subgroups.max || shape.bySlot !== 1 || shape.parts > 1)
    return embeddingSumBackward;
  const vectors = shape.width / (4 * subgroups.max);
  return Number.isInteger(vectors) && vectors > 0 && vectors <= MOST_VECTORS ? embeddingSumBackwardSubgroups : embeddingSumBackward;
}
