/**
 * Stable sorts of rows, or the first few of them in order: blocks of eight in registers, then merges of twice as long
 * runs.
 */
import { type AdapterTraits, type Grid, type Kernel, read, stridedGrid, stridedWorkgroup, u32, written } from '../declaration.js';
import { ORDER } from '../reduce/fold.js';
import blocksSource from './blocks.wgsl';
import finishSource from './finish.wgsl';
import mergeSource from './merge.wgsl';

export type SortShape = {
  readonly rows: number;
  /** Elements of a row. */
  readonly length: number;
  /** Elements of a sorted row that are wanted, from its beginning: `length` for all. */
  readonly keep: number;
  /** Of `sortMerge`: pairs of a run that is merged, a power of two times `SORT_BLOCK`. */
  readonly width: number;
  /** A value of `ORDER`. Rising, NaN comes last; falling, first. Zeros of both signs are equal. */
  readonly order: number;
  /** 1: falling order. Equal elements keep their order either way. */
  readonly descending: number;
  /** Of `sortFinish`: 1 to write values too. */
  readonly values: number;
};

/** Elements that `sortBlocks` sorts at a time. */
export const SORT_BLOCK = 8;
/** Neighbours of a merged run that one invocation makes. */
const CHUNK = 16;

const pairWords = ({ rows, length }: SortShape): number => 2 * rows * length;
const uniforms = u32('rows', 'length', 'keep', 'width');
const sample: SortShape = { rows: 4, length: 1000, keep: 1000, width: SORT_BLOCK, order: ORDER.f32, descending: 0, values: 1 };
/** A block's or a chunk's work is that of some tens of elements. */
const grid = (items: number, adapter: AdapterTraits): Grid => stridedGrid(items, adapter, 32);

/** Pairs (key, place in the row) of x [rows, length], every `SORT_BLOCK` in order. `pairs` holds two u32 an element. */
export const sortBlocks: Kernel<SortShape> = {
  name: 'sort/blocks',
  source: blocksSource,
  buffers: [read('x', 'u32'), written('pairs', 'vec2<u32>')],
  uniforms,
  constants: ({ order, descending }, adapter) => ({
    WORKGROUP: stridedWorkgroup(adapter),
    ORDER: order,
    DESCENDING: descending === 1,
  }),
  lengths: (shape) => ({ x: shape.rows * shape.length, pairs: pairWords(shape) }),
  grid: ({ rows, length }, adapter) => grid(rows * Math.ceil(length / SORT_BLOCK), adapter),
  cost: ({ rows, length }) => ({ flops: 4 * rows * length, bytes: 12 * rows * length }),
  sample,
};

const couples = ({ length, width }: SortShape): number => Math.ceil(length / Math.max(1, 2 * width));
const mergedOf = (shape: SortShape): number => shape.rows * couples(shape) * Math.min(2 * shape.width, shape.keep);

/** Sorted runs of `width` pairs merged to runs of twice that; both hold no more than `keep` that count. */
export const sortMerge: Kernel<SortShape> = {
  name: 'sort/merge',
  source: mergeSource,
  buffers: [read('pairs', 'vec2<u32>'), written('merged', 'vec2<u32>')],
  uniforms,
  constants: (_, adapter) => ({ WORKGROUP: stridedWorkgroup(adapter), CHUNK }),
  lengths: (shape) => ({ pairs: pairWords(shape), merged: pairWords(shape) }),
  grid: (shape, adapter) => grid(shape.rows * couples(shape) * Math.ceil(Math.min(2 * shape.width, shape.keep) / CHUNK), adapter),
  cost: (shape) => ({ flops: mergedOf(shape), bytes: 16 * mergedOf(shape) }),
  sample,
};

/** The first `keep` of every sorted row: values [rows, keep], where asked for, and their places (u32). */
export const sortFinish: Kernel<SortShape> = {
  name: 'sort/finish',
  source: finishSource,
  buffers: [read('pairs', 'vec2<u32>'), read('x', 'u32'), written('values', 'u32'), written('indices', 'u32')],
  uniforms,
  constants: ({ values }, adapter) => ({ WORKGROUP: stridedWorkgroup(adapter), VALUES: values === 1 }),
  lengths: (shape) => ({
    pairs: pairWords(shape),
    x: shape.values * shape.rows * shape.length,
    values: shape.values * shape.rows * shape.keep,
    indices: shape.rows * shape.keep,
  }),
  grid: ({ rows, keep }, adapter) => stridedGrid(rows * keep, adapter),
  cost: ({ rows, keep, values }) => ({ flops: 0, bytes: 4 * rows * keep * (3 + 2 * values) }),
  sample,
};

/** The launches of `sortMerge` after `sortBlocks`, in order. */
export function sortMerges(shape: Omit<SortShape, 'width'>): SortShape[] {
  const merges: SortShape[] = [];
  for (let width = SORT_BLOCK; width < shape.length; width *= 2) merges.push({ ...shape, width });
  return merges;
}
