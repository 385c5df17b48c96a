/** Elements by their places along an axis, and sums into places, without atomics. */
import { type AdapterTraits, type Kernel, read, u32, valueConstants, written } from '../declaration.js';
import { rowGroups, takesFours } from '../elementwise/broadcast.js';
import flatSource from './flat-index.wgsl';
import scatterAddSource from './scatter-add.wgsl';
import takeSource from './take.wgsl';
import takeBackwardSource from './take-backward.wgsl';

export type TakeShape = {
  /** x is [outer, axis, inner], out [outer, time, inner]. */
  readonly outer: number;
  readonly axis: number;
  readonly time: number;
  readonly inner: number;
  /** Strides of `index`; 0 where all share their places. */
  readonly indexOuter: number;
  readonly indexTime: number;
  readonly indexInner: number;
  /** Bits of what stands for an element that there is not. */
  readonly missing: number;
};

const taken = ({ outer, time, inner }: TakeShape): number => outer * time * inner;
const whole = ({ outer, axis, inner }: TakeShape): number => outer * axis * inner;

const places = (s: TakeShape): number =>
  taken(s) === 0 ? 0 : 1 + (s.outer - 1) * s.indexOuter + (s.time - 1) * s.indexTime + (s.inner - 1) * s.indexInner;

const takenGroups = (s: TakeShape, adapter: AdapterTraits) => rowGroups(s.time * s.inner, s.outer, adapter);
const wholeGroups = (s: TakeShape, adapter: AdapterTraits) => rowGroups(s.axis * s.inner, s.outer, adapter);

const takeUniforms = u32('outer', 'axis', 'time', 'inner', 'indexOuter', 'indexTime', 'indexInner');
const sample: TakeShape = {
  ...{ outer: 100, axis: 50, time: 4, inner: 1 },
  ...{ indexOuter: 4, indexTime: 1, indexInner: 1, missing: 0 },
};

const takeKernel = (name: string, put: boolean): Kernel<TakeShape> => ({
  name,
  source: takeSource,
  buffers: [read('x', 'u32'), read('index', 'u32'), written('out', 'u32')],
  uniforms: [...takeUniforms, ...u32('missing')],
  constants: (shape, adapter) => ({ WORKGROUP: takenGroups(shape, adapter).workgroup, PUT: put }),
  lengths: (shape) => ({
    x: put ? taken(shape) : whole(shape),
    index: places(shape),
    out: put ? whole(shape) : taken(shape),
  }),
  grid: (shape, adapter) => takenGroups(shape, adapter).grid,
  cost: (shape) => ({ flops: 0, bytes: 4 * (2 * taken(shape) + places(shape)) }),
  sample,
});

/**
 * `out[o, t, j] = x[o, index[…], j]`, or `missing` where the index is past the end of the axis. Elements of four bytes
 * of any type.
 */
export const takeAlong: Kernel<TakeShape> = takeKernel('copy/take-along', false);

/**
 * `out[o, index[…], j] = x[o, t, j]`; what no index names keeps what it holds. Places must differ: there are no
 * atomics.
 */
export const putAlong: Kernel<TakeShape> = takeKernel('copy/put-along', true);

/** The gradient of `takeAlong`, overwriting dx, for few places: its work is that of axis · time elements. */
export const takeAlongBackward: Kernel<TakeShape> = {
  name: 'copy/take-along-backward',
  source: takeBackwardSource,
  buffers: [read('dout'), read('index', 'u32'), written('dx')],
  uniforms: takeUniforms,
  constants: (shape, adapter) => ({ WORKGROUP: wholeGroups(shape, adapter).workgroup }),
  lengths: (shape) => ({ dout: taken(shape), index: places(shape), dx: whole(shape) }),
  grid: (shape, adapter) => wholeGroups(shape, adapter).grid,
  cost: (shape) => ({ flops: whole(shape) * shape.time, bytes: 4 * (taken(shape) + places(shape) + whole(shape)) }),
  sample,
};

/** Places along the axis as places in all of x, for `scatterAdd` of single elements. */
export const flatIndex: Kernel<TakeShape> = {
  name: 'copy/flat-index',
  source: flatSource,
  buffers: [read('index', 'u32'), written('flat', 'u32')],
  uniforms: takeUniforms,
  constants: (shape, adapter) => ({ WORKGROUP: takenGroups(shape, adapter).workgroup }),
  lengths: (shape) => ({ index: places(shape), flat: taken(shape) }),
  grid: (shape, adapter) => takenGroups(shape, adapter).grid,
  cost: (shape) => ({ flops: 0, bytes: 4 * (places(shape) + taken(shape)) }),
  sample,
};

export type ScatterAddShape = {
  /** Rows that are added, as many as there are pairs. */
  readonly count: number;
  readonly columns: number;
  /** Rows of out. */
  readonly indexed: number;
  /** 1: start from zero, x is not read. */
  readonly fromZero: number;
};

const scatterLanes = ({ columns }: ScatterAddShape): number => (takesFours(columns) ? 4 : 1);
const scatterGroups = (shape: ScatterAddShape, adapter: AdapterTraits) =>
  rowGroups(shape.columns / scatterLanes(shape), shape.indexed, adapter);

/**
 * `out[n, :] = x[n, :] + Σ rows[i, :]` over all i whose index is n, in the order of i. `pairs` are the indices as
 * `sortBlocks` and `sortMerge` sort them (one row, u32, rising); those past the last row of out add nothing.
 */
export const scatterAdd: Kernel<ScatterAddShape> = {
  name: 'copy/scatter-add',
  source: scatterAddSource,
  buffers: [read('x', 'f32', 'Value'), read('pairs', 'vec2<u32>'), read('rows', 'f32', 'Value'), written('out', 'f32', 'Value')],
  uniforms: u32('count', 'columns', 'indexed'),
  constants: (shape, adapter) => ({
    WORKGROUP: scatterGroups(shape, adapter).workgroup,
    FROM_ZERO: shape.fromZero === 1,
    ...valueConstants(scatterLanes(shape) === 4),
  }),
  lengths: ({ count, columns, indexed, fromZero }) => ({
    x: fromZero === 1 ? 0 : indexed * columns,
    pairs: 2 * count,
    rows: count * columns,
    out: indexed * columns,
  }),
  grid: (shape, adapter) => scatterGroups(shape, adapter).grid,
  cost: ({ count, columns, indexed, fromZero }) => ({
    flops: count * columns,
    bytes: 4 * (2 * count + columns * (count + indexed * (2 - fromZero))),
  }),
  sample: { count: 500, columns: 64, indexed: 100, fromZero: 0 },
};
