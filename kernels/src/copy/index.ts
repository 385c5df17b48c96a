import { type AdapterTraits, type Grid, type Kernel, read, u32, written } from '../declaration.js';
import { rowGroups, takesFours } from '../elementwise/broadcast.js';
import manyRowsSource from './many-rows.wgsl';
import rowsSource from './rows.wgsl';
import stridedSource from './strided.wgsl';

export * from './takes.js';
export * from './views.js';
export * from './windows.js';

/** A block of n0 × n1 × n2 × n3 elements (1 where unused), with strides and offsets in elements on both sides. */
export type CopyShape = {
  readonly n0: number;
  readonly n1: number;
  readonly n2: number;
  readonly n3: number;
  /** Strides in x; 0 repeats an element along the axis. */
  readonly x0: number;
  readonly x1: number;
  readonly x2: number;
  readonly x3: number;
  /** Strides in out; no two elements may land on one place. */
  readonly o0: number;
  readonly o1: number;
  readonly o2: number;
  readonly o3: number;
  readonly xOffset: number;
  readonly outOffset: number;
  /** 1: add, as f32, to what `out` holds; 0: overwrite. */
  readonly accumulate: number;
};

const FIELDS = ['n0', 'n1', 'n2', 'n3', 'x0', 'x1', 'x2', 'x3', 'o0', 'o1', 'o2', 'o3', 'xOffset', 'outOffset'] as const;

function copyLanes(s: CopyShape): number {
  return s.x3 === 1 && s.o3 === 1 && takesFours(s.n3, s.x0, s.x1, s.x2, s.o0, s.o1, s.o2, s.xOffset, s.outOffset) ? 4 : 1;
}

const copyGroups = (shape: CopyShape, adapter: AdapterTraits): { readonly workgroup: number; readonly grid: Grid } =>
  rowGroups(shape.n3 / copyLanes(shape), shape.n0 * shape.n1 * shape.n2, adapter);

const wordConstants = (lanes: number): { Words: string; Value: string; LANES: number } =>
  lanes === 4 ? { Words: 'vec4<u32>', Value: 'vec4<f32>', LANES: 4 } : { Words: 'u32', Value: 'f32', LANES: 1 };

/** Elements up to the last that a strided block touches. */
const extent = (offset: number, sizes: readonly number[], strides: readonly number[]): number =>
  sizes.includes(0) ? 0 : sizes.reduce((last, n, axis) => last + (n - 1) * strides[axis], offset + 1);

/**
 * Copies a strided block into a strided block; what lies outside it in `out` is left alone. Four-byte elements of any
 * type (bits are copied) unless it accumulates.
 */
export const copyStrided: Kernel<CopyShape> = {
  name: 'copy/strided',
  source: stridedSource,
  buffers: [read('x', 'u32', 'Words'), written('out', 'u32', 'Words')],
  uniforms: FIELDS.map((name) => ({ name, type: 'u32' })),
  constants: (shape, adapter) => ({
    WORKGROUP: copyGroups(shape, adapter).workgroup,
    ACCUMULATE: shape.accumulate === 1,
    ...wordConstants(copyLanes(shape)),
  }),
  lengths: (s) => ({
    x: extent(s.xOffset, [s.n0, s.n1, s.n2, s.n3], [s.x0, s.x1, s.x2, s.x3]),
    out: extent(s.outOffset, [s.n0, s.n1, s.n2, s.n3], [s.o0, s.o1, s.o2, s.o3]),
  }),
  grid: (shape, adapter) => copyGroups(shape, adapter).grid,
  cost: ({ n0, n1, n2, n3, accumulate }) => ({
    flops: accumulate * n0 * n1 * n2 * n3,
    bytes: 4 * n0 * n1 * n2 * n3 * (2 + accumulate),
  }),
  sample: {
    ...{ n0: 1, n1: 1, n2: 100, n3: 64 },
    ...{ x0: 0, x1: 0, x2: 192, x3: 1 },
    ...{ o0: 0, o1: 0, o2: 64, o3: 1 },
    ...{ xOffset: 64, outOffset: 0, accumulate: 0 },
  },
};

/**
 * The copy of a range [from, from + length) of one axis between a tensor seen as [outer, axis, inner] and another whose
 * axis is as long as the range (or longer, at `outFrom`): slice, its gradient, and each piece of a concatenation.
 */
export function copyAxisRange(range: {
  readonly outer: number;
  readonly inner: number;
  readonly length: number;
  readonly xAxis: number;
  readonly xFrom: number;
  readonly outAxis: number;
  readonly outFrom: number;
  readonly accumulate?: number;
}): CopyShape {
  const { outer, inner, length, xAxis, xFrom, outAxis, outFrom, accumulate = 0 } = range;
  return {
    ...{ n0: 1, n1: 1, n2: outer, n3: length * inner },
    ...{ x0: 0, x1: 0, x2: xAxis * inner, x3: 1 },
    ...{ o0: 0, o1: 0, o2: outAxis * inner, o3: 1 },
    ...{ xOffset: xFrom * inner, outOffset: outFrom * inner, accumulate },
  };
}

export type RowsShape = {
  /** Entries of `index`. */
  readonly rows: number;
  /** Elements of a row. */
  readonly columns: number;
  /** Rows of the indexed side: of x for `gatherRows`, of out for `scatterRows`. */
  readonly indexed: number;
};

const rowLanes = ({ columns }: RowsShape): number => (takesFours(columns) ? 4 : 1);

const rowsKernel = (name: string, scatter: boolean): Kernel<RowsShape> => ({
  name,
  source: rowsSource,
  buffers: [read('x', 'u32', 'Words'), read('index', 'u32'), written('out', 'u32', 'Words')],
  uniforms: u32('rows', 'columns', 'indexed'),
  constants: (shape, adapter) => ({
    WORKGROUP: rowGroups(shape.columns / rowLanes(shape), shape.rows, adapter).workgroup,
    SCATTER: scatter,
    ...wordConstants(rowLanes(shape)),
  }),
  lengths: ({ rows, columns, indexed }) => ({
    x: (scatter ? rows : indexed) * columns,
    index: rows,
    out: (scatter ? indexed : rows) * columns,
  }),
  grid: (shape, adapter) => rowGroups(shape.columns / rowLanes(shape), shape.rows, adapter).grid,
  cost: ({ rows, columns }) => ({ flops: 0, bytes: 4 * rows * (2 * columns + 1) }),
  sample: { rows: 100, columns: 64, indexed: 200 },
});

/** `out[i, :] = x[index[i], :]`; a row of zeros where index[i] ≥ indexed (so 0xffffffff stands for "none"). */
export const gatherRows: Kernel<RowsShape> = rowsKernel('copy/gather-rows', false);

/** `out[index[i], :] = x[i, :]`, rows not named keep what they hold. Indices must differ: there are no atomics. */
export const scatterRows: Kernel<RowsShape> = rowsKernel('copy/scatter-rows', true);

/** Tensors whose rows `gatherManyRows` and `scatterManyRows` move at once, at most. */
export const MOST_MOVED = 3;

export type ManyRowsShape = Omit<RowsShape, 'columns'> & {
  /** Elements of a row of each tensor; 0 where there is none. */
  readonly columns0: number;
  readonly columns1: number;
  readonly columns2: number;
};

const columnsOf = ({ columns0, columns1, columns2 }: ManyRowsShape): number => columns0 + columns1 + columns2;

const manyRowsKernel = (name: string, scatter: boolean): Kernel<ManyRowsShape> => ({
  name,
  source: manyRowsSource,
  buffers: [
    read('index', 'u32'),
    ...['x0', 'x1', 'x2'].map((name) => read(name, 'u32')),
    ...['out0', 'out1', 'out2'].map((name) => written(name, 'u32')),
  ],
  uniforms: u32('rows', 'columns0', 'columns1', 'columns2', 'indexed'),
  constants: (shape, adapter) => ({ WORKGROUP: rowGroups(columnsOf(shape), shape.rows, adapter).workgroup, SCATTER: scatter }),
  lengths: ({ rows, indexed, columns0, columns1, columns2 }) => {
    const [from, to] = scatter ? [rows, indexed] : [indexed, rows];
    return {
      ...{ index: rows, x0: from * columns0, x1: from * columns1, x2: from * columns2 },
      ...{ out0: to * columns0, out1: to * columns1, out2: to * columns2 },
    };
  },
  grid: (shape, adapter) => rowGroups(columnsOf(shape), shape.rows, adapter).grid,
  cost: (shape) => ({ flops: 0, bytes: 4 * shape.rows * (2 * columnsOf(shape) + 1) }),
  sample: { rows: 100, columns0: 32, columns1: 8, columns2: 1, indexed: 200 },
});

/** `gatherRows` of up to three tensors by one index. An absent tensor needs any bound buffer. */
export const gatherManyRows: Kernel<ManyRowsShape> = manyRowsKernel('copy/gather-many-rows', false);

/** `scatterRows` of up to three tensors by one index. */
export const scatterManyRows: Kernel<ManyRowsShape> = manyRowsKernel('copy/scatter-many-rows', true);
