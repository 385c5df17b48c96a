/**
 * Strided views made real: permutations, flips, steps, repetitions; and padding, which is what steps and slices have as
 * gradient.
 */
import { type AdapterTraits, type Kernel, linearGrid, read, u32, written } from '../declaration.js';
import { rowGroups, takesFours } from '../elementwise/broadcast.js';
import padSource from './pad.wgsl';
import transposeSource from './transpose.wgsl';
import tiledSource from './transpose-tiled.wgsl';
import viewSource from './view.wgsl';

/**
 * A view of x of sizes n0 … n5 (outermost first, 1 where unused): element i at offset + Σ i_k · s_k. A negative stride
 * as 2³² less its size.
 */
export type ViewShape = {
  readonly n0: number;
  readonly n1: number;
  readonly n2: number;
  readonly n3: number;
  readonly n4: number;
  readonly n5: number;
  readonly s0: number;
  readonly s1: number;
  readonly s2: number;
  readonly s3: number;
  readonly s4: number;
  readonly s5: number;
  readonly offset: number;
};

/** One axis of a view: its length and its stride in elements, which may be 0 or negative. */
export interface ViewAxis {
  readonly length: number;
  readonly stride: number;
}

/** Axes of a view that are left when those that lie behind one another are one. */
export const MOST_VIEW_AXES = 6;

/** Axes without those of length 1, and with neighbours that walk x like one made one. */
function mergedAxes(axes: readonly ViewAxis[]): ViewAxis[] {
  const merged: ViewAxis[] = [];
  for (const axis of axes) {
    if (axis.length === 1) continue;
    const outer = merged.at(-1);
    if (outer && outer.stride === axis.stride * axis.length) merged[merged.length - 1] = { ...axis, length: axis.length * outer.length };
    else merged.push(axis);
  }
  return merged;
}

/**
 * Fields of the launch that copies a view of `axes`, outermost first.
 * @throws RangeError where more than `MOST_VIEW_AXES` remain apart.
 */
export function viewFields(axes: readonly ViewAxis[], offset = 0): ViewShape {
  const merged = mergedAxes(axes);
  if (merged.length > MOST_VIEW_AXES)
    throw new RangeError(`a view of ${merged.length} separate axes, at most ${MOST_VIEW_AXES} are supported`);
  if (merged.length === 0) merged.push({ length: 1, stride: 1 });
  while (merged.length < MOST_VIEW_AXES) merged.unshift({ length: 1, stride: 0 });
  const [a0, a1, a2, a3, a4, a5] = merged;
  const [s0, s1, s2, s3, s4, s5] = merged.map(({ stride }) => stride >>> 0);
  return {
    ...{ n0: a0.length, n1: a1.length, n2: a2.length, n3: a3.length, n4: a4.length, n5: a5.length },
    ...{ s0, s1, s2, s3, s4, s5, offset },
  };
}

const sizesOf = (s: ViewShape): number[] => [s.n0, s.n1, s.n2, s.n3, s.n4, s.n5];
const stridesOf = (s: ViewShape): number[] => [s.s0, s.s1, s.s2, s.s3, s.s4, s.s5];
const elements = (s: ViewShape): number => sizesOf(s).reduce((product, n) => product * n, 1);
const bytes = (s: ViewShape): number => 8 * elements(s);

/** Elements of x up to the last that the view touches. */
function viewExtent(s: ViewShape): number {
  if (elements(s) === 0) return 0;
  const strides = stridesOf(s).map((stride) => stride | 0);
  return sizesOf(s).reduce((last, n, axis) => last + Math.max(0, (n - 1) * strides[axis]), s.offset + 1);
}

const viewLanes = (s: ViewShape): number => (s.s5 === 1 && takesFours(s.n5, s.s0, s.s1, s.s2, s.s3, s.s4, s.offset) ? 4 : 1);
const viewGroups = (s: ViewShape, adapter: AdapterTraits) => rowGroups(s.n5 / viewLanes(s), s.n0 * s.n1 * s.n2 * s.n3 * s.n4, adapter);

/** Copies a view, row by row. Elements of four bytes of any type. */
export const copyView: Kernel<ViewShape> = {
  name: 'copy/view',
  source: viewSource,
  buffers: [read('x', 'u32', 'Words'), written('out', 'u32', 'Words')],
  uniforms: u32('n0', 'n1', 'n2', 'n3', 'n4', 'n5', 's0', 's1', 's2', 's3', 's4', 's5', 'offset'),
  constants: (shape, adapter) => ({
    WORKGROUP: viewGroups(shape, adapter).workgroup,
    Words: viewLanes(shape) === 4 ? 'vec4<u32>' : 'u32',
    LANES: viewLanes(shape),
  }),
  lengths: (shape) => ({ x: viewExtent(shape), out: elements(shape) }),
  grid: (shape, adapter) => viewGroups(shape, adapter).grid,
  cost: (shape) => ({ flops: 0, bytes: bytes(shape) }),
  sample: viewFields([
    { length: 16, stride: 320 },
    { length: 10, stride: 1 },
    { length: 32, stride: 10 },
  ]),
};

/** Matrices [rows, columns] that lie transposed in x; see transpose.wgsl for the other axes. */
export type TransposeShape = {
  readonly n0: number;
  readonly n1: number;
  readonly n2: number;
  /** An axis between rows and columns. */
  readonly n4: number;
  readonly rows: number;
  readonly columns: number;
  readonly s0: number;
  readonly s1: number;
  readonly s2: number;
  readonly s4: number;
  /** Stride of the columns in x; the rows' is 1. */
  readonly s5: number;
  readonly offset: number;
};

/**
 * The view as transposed matrices, where it is one: an axis of x's neighbours lies last but one among those of the
 * result, or one further out, and neither it nor the last is short.
 */
export function transposeFields(s: ViewShape): TransposeShape | undefined {
  const axes = sizesOf(s).map((length, i) => ({ length, stride: stridesOf(s)[i] }));
  const [columns] = axes.splice(-1);
  const at = axes.findIndex(({ length, stride }) => stride === 1 && length > 1);
  // Axes of length 1 stand in front: what is between rows and columns may be one axis, what is outside up to three.
  if (columns.stride === 1 || at < 3 || columns.length < SHORT || axes[at].length < SHORT) return undefined;
  const between = at === 3 ? axes[4] : { length: 1, stride: 0 };
  const outer = axes.slice(0, at);
  const [a0, a1, a2] = outer.length === 3 ? outer : outer.slice(1);
  if (outer.length > 3 && outer[0].length > 1) return undefined;
  return {
    ...{ n0: a0.length, n1: a1.length, n2: a2.length, n4: between.length, rows: axes[at].length, columns: columns.length },
    ...{ s0: a0.stride, s1: a1.stride, s2: a2.stride, s4: between.stride, s5: columns.stride, offset: s.offset },
  };
}

/** Rows and columns from which a transposing copy is worth it. */
const SHORT = 4;

const matrices = (s: TransposeShape): number => s.n0 * s.n1 * s.n2 * s.n4;
const transposeElements = (s: TransposeShape): number => matrices(s) * s.rows * s.columns;
const transposeExtent = (s: TransposeShape): number => {
  const last = [s.n0, s.n1, s.n2, s.n4, s.columns].reduce(
    (sum, n, i) => sum + Math.max(0, (n - 1) * ([s.s0, s.s1, s.s2, s.s4, s.s5][i] | 0)),
    s.offset,
  );
  return last + s.rows;
};

const transposeUniforms = u32('n0', 'n1', 'n2', 'n4', 'rows', 'columns', 's0', 's1', 's2', 's4', 's5', 'offset');
const blockGroups = (s: TransposeShape, adapter: AdapterTraits) => rowGroups(s.columns / 4, matrices(s) * (s.rows / 4), adapter);

/**
 * Transposes by blocks of 4 × 4 in registers: a load or store of a CPU moves four numbers. Everything has to be a
 * multiple of 4.
 */
export const transposeBlocks: Kernel<TransposeShape> = {
  name: 'copy/transpose',
  source: transposeSource,
  buffers: [read('x', 'vec4<u32>'), written('out', 'vec4<u32>')],
  uniforms: transposeUniforms,
  constants: (shape, adapter) => ({ WORKGROUP: blockGroups(shape, adapter).workgroup }),
  lengths: (shape) => ({ x: transposeExtent(shape), out: transposeElements(shape) }),
  grid: (shape, adapter) => blockGroups(shape, adapter).grid,
  cost: (shape) => ({ flops: 0, bytes: 8 * transposeElements(shape) }),
  sample: { ...{ n0: 1, n1: 1, n2: 8, n4: 1, rows: 64, columns: 128 }, ...{ s0: 0, s1: 0, s2: 8192, s4: 0, s5: 64, offset: 0 } },
};

/** Side of a GPU's tile, and how many of its rows a workgroup of 256 takes at a time. */
const TILE = { side: 32, stripe: 8 } as const;

/** Transposes by tiles in workgroup memory, for GPUs; any sizes. */
export const transposeTiled: Kernel<TransposeShape> = {
  ...transposeBlocks,
  name: 'copy/transpose-tiled',
  source: tiledSource,
  buffers: [read('x', 'u32'), written('out', 'u32')],
  constants: () => ({ TILE: TILE.side, STRIPE: TILE.stripe }),
  grid: (s) => linearGrid(matrices(s) * Math.ceil(s.rows / TILE.side) * Math.ceil(s.columns / TILE.side), 1),
};

/**
 * How a transposing copy of these matrices is made on this adapter, or undefined where a walk row by row is as good.
 */
export function transposeKernel(s: TransposeShape, { family }: AdapterTraits): Kernel<TransposeShape> | undefined {
  if (family === 'gpu') return transposeTiled;
  const fits = [s.rows, s.columns, s.s0, s.s1, s.s2, s.s4, s.s5, s.offset].every((n) => n % 4 === 0);
  return fits ? transposeBlocks : undefined;
}

export type PadShape = {
  /** x is [outer, xAxis, inner], out [outer, axis, inner]. */
  readonly outer: number;
  readonly axis: number;
  readonly xAxis: number;
  readonly inner: number;
  /** Where x begins in out; a negative number as 2³² less its size. */
  readonly before: number;
  /** Places from one element of x to the next, at least 1. */
  readonly step: number;
  /** Bits of what is put where x is not. */
  readonly value: number;
};

/**
 * `out[i, t, j] = x[i, (t − before) / step, j]` where there is such an element, `value` elsewhere. Elements of four
 * bytes of any type.
 */
export const copyPad: Kernel<PadShape> = {
  name: 'copy/pad',
  source: padSource,
  buffers: [read('x', 'u32'), written('out', 'u32')],
  uniforms: u32('outer', 'axis', 'xAxis', 'inner', 'before', 'step', 'value'),
  constants: ({ outer, axis, inner }, adapter) => ({ WORKGROUP: rowGroups(axis * inner, outer, adapter).workgroup }),
  lengths: ({ outer, axis, xAxis, inner }) => ({ x: outer * xAxis * inner, out: outer * axis * inner }),
  grid: ({ outer, axis, inner }, adapter) => rowGroups(axis * inner, outer, adapter).grid,
  cost: ({ outer, axis, xAxis, inner }) => ({ flops: 0, bytes: 4 * outer * inner * (axis + Math.min(axis, xAxis)) }),
  sample: { outer: 16, axis: 30, xAxis: 28, inner: 8, before: 1, step: 1, value: 0 },
};
