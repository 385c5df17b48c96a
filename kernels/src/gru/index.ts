import {
  type AdapterTraits,
  type BufferSlot,
  type Grid,
  type Kernel,
  linearGrid,
  read,
  stridedGrid,
  stridedWorkgroup,
  u32,
  valueConstants,
  written,
} from '../declaration.js';
import backwardSource from './backward.wgsl';
import backwardRowsSource from './backward-rows.wgsl';
import backwardSubgroupsSource from './backward-subgroups.wgsl';
import backwardWorkgroupSource from './backward-workgroup.wgsl';
import cellSource from './cell.wgsl';
import forwardSource from './forward.wgsl';
import forwardRowsSource from './forward-rows.wgsl';
import forwardSubgroupsSource from './forward-subgroups.wgsl';
import forwardWorkgroupSource from './forward-workgroup.wgsl';

export type GruShape = {
  readonly batch: number;
  readonly time: number;
  /** State width. */
  readonly hidden: number;
  /** 1 where `lengths` is read: a row's state is held over steps at and past its length. */
  readonly withLengths: 0 | 1;
  /** 1 to run from the last time to the first. */
  readonly reverse: 0 | 1;
  /**
   * 0 where every sequence has `time` rows in all buffers. Else they are packed, as in torch's PackedSequence: sequences, longest first, have no
   * more rows than steps, and lie time after time; `lengths` then says behind the lengths where each time begins, and where the last ends.
   * Buffers have so many rows, some of which may be left over.
   */
  readonly rows: number;
};

export type GruForwardShape = GruShape & {
  /** 1 where `h0` is read; otherwise the state starts at zero. */
  readonly initial: 0 | 1;
  /** 1 to write `previous` and `saved` for the backward pass. */
  readonly save: 0 | 1;
};

/** Batch rows each invocation carries: the components of a vec4. */
const ROWS = 4;
const WORKGROUP = 8;
const TILE = 2;
/** Private arrays are sized in steps of this many units, so that few widths need a pipeline of their own. */
const CHUNK = 32;

/** Rows of the buffers. */
const rowsIn = ({ batch, time, rows }: GruShape): number => rows || batch * time;
const chunks = ({ hidden }: GruShape): number => Math.ceil(hidden / CHUNK);
const constants = (shape: GruShape) => ({ WORKGROUP, CAPACITY: CHUNK * chunks(shape), TILE });
const grid = ({ batch }: GruShape) => linearGrid(Math.ceil(batch / ROWS), WORKGROUP);

/**
 * A GRU over projected inputs, `gates [batch, time, 3·hidden]` = x·W_ihᵀ + b_ih, torch's gate order r, z, n
 * (https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html): `out [batch, time, hidden]` from `whh [3·hidden, hidden]`,
 * `bhh [3·hidden]`, `h0 [batch, hidden]`, `lengths u32 [batch]`. For the backward pass it leaves the state before each step in
 * `previous [batch, time, hidden]` and r, z, n, W_n h + b_n in `saved [batch, time, 4·hidden]` (undefined over padding). Packed, `[rows, …]`
 * takes the place of `[batch, time, …]` and `lengths` is `[batch + time + 1]`; `out` and `previous` are zero in rows left over at the end.
 */
export const gruForward: Kernel<GruForwardShape> = {
  name: 'gru/forward',
  source: forwardSource,
  buffers: [
    read('gates'),
    read('whh'),
    read('bhh'),
    read('h0'),
    read('lengths', 'u32'),
    written('out'),
    written('previous'),
    written('saved'),
  ],
  uniforms: u32('batch', 'time', 'hidden', 'withLengths', 'reverse', 'rows', 'initial', 'save'),
  constants,
  grid,
  cost: (shape) => {
    const { hidden, save } = shape;
    return {
      flops: rowsIn(shape) * hidden * (6 * hidden + 30),
      bytes: 4 * (rowsIn(shape) * hidden * (save ? 9 : 4) + 3 * hidden * (hidden + 1)),
    };
  },
  sample: { batch: 512, time: 48, hidden: 64, withLengths: 1, reverse: 0, rows: 0, initial: 0, save: 1 },
};

/**
 * From `dy [batch, time, hidden]`, with what the forward pass left: `dgates [batch, time, 3·hidden]`, the gradient to the
 * projected inputs; `dgatesHidden` of the same shape, the gradient to W_hh h + b_hh (so dW_hh = dgatesHiddenᵀ · previous and
 * db_hh is its column sum); `dh0 [batch, hidden]`. Packed as in `gruForward`; both are zero in rows left over.
 */
export const gruBackward: Kernel<GruShape> = {
  name: 'gru/backward',
  source: backwardSource,
  buffers: [
    read('dy'),
    read('whh'),
    read('previous'),
    read('saved'),
    read('lengths', 'u32'),
    written('dgates'),
    written('dgatesHidden'),
    written('dh0'),
  ],
  uniforms: u32('batch', 'time', 'hidden', 'withLengths', 'reverse', 'rows'),
  constants,
  grid,
  cost: (shape) => {
    const { hidden } = shape;
    return {
      flops: rowsIn(shape) * hidden * (6 * hidden + 20),
      bytes: 4 * (rowsIn(shape) * hidden * 12 + 3 * hidden * hidden),
    };
  },
  sample: { batch: 512, time: 48, hidden: 64, withLengths: 1, reverse: 0, rows: 0 },
};

const fours = (slots: readonly BufferSlot[], ...others: string[]): BufferSlot[] =>
  slots.map((slot) => (['lengths', ...others].includes(slot.name) ? slot : { ...slot, element: 'vec4<f32>' }));

/** Lanes of a subgroup where all have one size; the 8 of llvmpipe with AVX2 where it is not known. */
const lanes = ({ subgroups }: AdapterTraits) => subgroups?.max ?? 8;
const partsOf = ({ hidden }: GruShape, adapter: AdapterTraits) => ({
  LANES: lanes(adapter),
  PARTS: Math.ceil(hidden / (4 * lanes(adapter))),
});

/** Workgroups a thread: several, so that none waits long for the last; steps that repay copying the weights. */
const SHARES = 4;
const LEAST_STEPS = 128;
/** Where the number of threads is not known. */
const USUAL_THREADS = 4;

/** Workgroups among which the rows are dealt out. */
function dealt(shape: GruShape, { threads = USUAL_THREADS }: AdapterTraits): Grid {
  const most = threads === 1 ? 1 : SHARES * threads;
  return [Math.max(1, Math.min(most, shape.batch, Math.ceil(rowsIn(shape) / LEAST_STEPS))), 1, 1];
}

/** `gruForward` for software adapters whose subgroups have one size and the feature is enabled; `hidden` a multiple of 4 and at most 64. */
export const gruForwardSubgroups: Kernel<GruForwardShape> = {
  ...gruForward,
  name: 'gru/forward-subgroups',
  source: forwardSubgroupsSource,
  buffers: fours(gruForward.buffers),
  constants: partsOf,
  grid: dealt,
};

/** `gruBackward` under the same conditions. */
export const gruBackwardSubgroups: Kernel<GruShape> = {
  ...gruBackward,
  name: 'gru/backward-subgroups',
  source: backwardSubgroupsSource,
  buffers: fours(gruBackward.buffers),
  constants: partsOf,
  grid: dealt,
};

/** `gruForward` under the same conditions, subgroups of 8 lanes or more, for widths up to 128. */
export const gruForwardRows: Kernel<GruForwardShape> = {
  ...gruForward,
  name: 'gru/forward-rows',
  source: forwardRowsSource,
  buffers: fours(gruForward.buffers, 'bhh'),
  constants: (shape) => ({ CHUNKS: chunks(shape) }),
};

/** `gruBackward` under the same conditions. */
export const gruBackwardRows: Kernel<GruShape> = {
  ...gruBackward,
  name: 'gru/backward-rows',
  source: backwardRowsSource,
  buffers: fours(gruBackward.buffers, 'whh'),
  constants: (shape) => ({ CHUNKS: chunks(shape) }),
};

export type GruCellShape = {
  readonly rows: number;
  /** State width. */
  readonly hidden: number;
};

/** Units that are worth a workgroup of a CPU. */
const PER_GROUP = 1024;

/**
 * One step, without what a gradient needs: `out [rows, hidden]` from `gates [rows, 3·hidden]` = x·W_ihᵀ + b_ih, `recurrent` of the same shape =
 * h0·W_hhᵀ + b_hh, and `h0 [rows, hidden]`. A product of matrices and this take a third to a half of the time of `gruForward` on a software adapter.
 */
export const gruCell: Kernel<GruCellShape> = {
  name: 'gru/cell',
  source: cellSource,
  buffers: [read('gates', 'f32', 'Value'), read('recurrent', 'f32', 'Value'), read('h0', 'f32', 'Value'), written('out', 'f32', 'Value')],
  uniforms: u32('rows', 'hidden'),
  constants: ({ hidden }, adapter) => ({ WORKGROUP: stridedWorkgroup(adapter), ...valueConstants(hidden % 4 === 0) }),
  grid: ({ rows, hidden }, adapter) => stridedGrid((rows * hidden) / (hidden % 4 === 0 ? 4 : 1), adapter, PER_GROUP / 4),
  cost: ({ rows, hidden }) => ({ flops: 30 * rows * hidden, bytes: 4 * 8 * rows * hidden }),
  sample: { rows: 512, hidden: 64 },
};

/** State widths whose weights, 12·hidden² bytes, leave room in the 16 KiB of workgroup memory that every adapter has. */
const WIDEST_SHARED = 32;
/** Invocations that every adapter allows in a workgroup. */
const MOST_INVOCATIONS = 256;

const unitsOf = (hidden: number): number => 32 * Math.ceil(hidden / 32);
/** Rows of the batch in a workgroup: few, for every one more leaves fewer workgroups to share a GPU. */
const rowsOf = (hidden: number): number => Math.max(1, Math.floor(128 / unitsOf(hidden)));
const workgroupConstants = ({ hidden }: GruShape) => ({
  HIDDEN: hidden,
  UNITS: unitsOf(hidden),
  ROWS: rowsOf(hidden),
  SHARED: hidden <= WIDEST_SHARED,
});
const workgroupGrid = ({ batch, hidden }: GruShape) => linearGrid(batch, rowsOf(hidden));

/** `gruForward` for GPUs, weights up to a width of 32 in workgroup memory; `hidden` at most 256. */
export const gruForwardWorkgroup: Kernel<GruForwardShape> = {
  ...gruForward,
  name: 'gru/forward-workgroup',
  source: forwardWorkgroupSource,
  constants: workgroupConstants,
  grid: workgroupGrid,
};

/** `gruBackward` under the same conditions. */
export const gruBackwardWorkgroup: Kernel<GruShape> = {
  ...gruBackward,
  name: 'gru/backward-workgroup',
  source: backwardWorkgroupSource,
  constants: workgroupConstants,
  grid: workgroupGrid,
};

/** Their loops over the state are unrolled: beyond these widths compiling them takes longer than they save. */
const WIDEST_UNITS = 64;
const WIDEST_ROWS = 128;

/** The kernels for this width on this adapter. Each pair has the same buffers and the same results to rounding. */
export function gruKernels(
  hidden: number,
  { family, subgroups }: AdapterTraits,
): { forward: Kernel<GruForwardShape>; backward: Kernel<GruShape> } {
  if (family === 'gpu' && hidden <= MOST_INVOCATIONS) return { forward: gruForwardWorkgroup, backward: gruBackwardWorkgroup };
  const vectors = family === 'software' && subgroups !== undefined && subgroups.min === subgroups.max && hidden % 4 === 0;
  if (vectors && hidden <= WIDEST_UNITS) return { forward: gruForwardSubgroups, backward: gruBackwardSubgroups };
  const shared = vectors && subgroups.min >= WORKGROUP && hidden <= WIDEST_ROWS;
  return shared ? { forward: gruForwardRows, backward: gruBackwardRows } : { forward: gruForward, backward: gruBackward };
}
