import {
  type AdapterTraits,
  type BufferSlot,
  type Constant,
  type Grid,
  type Kernel,
  linearGrid,
  read,
  specialConstants,
  stridedGrid,
  stridedWorkgroup,
  u32,
  valueConstants,
  written,
} from '../declaration.js';
import backwardRowsSource from './backward-rows.wgsl';
import backwardSubgroupsSource from './backward-subgroups.wgsl';
import backwardWorkgroupSource from './backward-workgroup.wgsl';
import forwardRowsSource from './forward-rows.wgsl';
import forwardSubgroupsSource from './forward-subgroups.wgsl';
import forwardWorkgroupSource from './forward-workgroup.wgsl';
import noShare from './no-share.wgsl';
import share from './share.wgsl';
import stepSource from './step.wgsl';

/**
 * A recurrent cell: h' from gates of projected inputs x W_ihᵀ + b_ih and of W_hh h + b_hh. The schedules that run it
 * are the same for all.
 */
export interface Cell {
  readonly name: string;
  /** Gates, each of which has a block of `hidden` rows of W_hh and of the projected inputs. */
  readonly gates: number;
  /** Numbers of a unit that a step keeps for its gradient. */
  readonly kept: number;
  /** Operations of a unit's step beside its products: forward, and in the gradient. */
  readonly flops: readonly [forward: number, backward: number];
  /** WGSL of `advance` and `retreat`, as the fragment `recurrence` says. */
  readonly text: string;
}

export type RecurrenceShape = {
  readonly batch: number;
  readonly time: number;
  /** State width. */
  readonly hidden: number;
  /** 1 where `lengths` is read: a row's state is held over steps at and past its length. */
  readonly withLengths: 0 | 1;
  /** 1 to run from the last time to the first. */
  readonly reverse: 0 | 1;
  /**
   * 0 where every sequence has `time` rows in all buffers. Else they are packed, as in torch's PackedSequence:
   * sequences, longest first, have no more rows than steps, and lie time after time; `lengths` then says behind the
   * lengths where each time begins, and where the last ends. Buffers have so many rows, some of which may be left over.
   */
  readonly rows: number;
};

export type RecurrenceForwardShape = RecurrenceShape & {
  /** 1 where `h0` is read; otherwise the state starts at zero. */
  readonly initial: 0 | 1;
  /** 1 to write `previous` and `saved` for the backward pass. */
  readonly save: 0 | 1;
};

export type RecurrenceStepShape = {
  readonly rows: number;
  /** State width. */
  readonly hidden: number;
};

/** A forward pass and its gradient by one schedule. */
export interface Passes {
  readonly forward: Kernel<RecurrenceForwardShape>;
  readonly backward: Kernel<RecurrenceShape>;
}

/** What differs from schedule to schedule. */
interface Schedule {
  readonly suffix: string;
  readonly sources: readonly [forward: string, backward: string];
  /** Whether buffers of a width are read four units at a time. */
  fours(hidden: number): boolean;
  /** Buffers that never are. */
  readonly single: readonly [forward: readonly string[], backward: readonly string[]];
  constants(shape: RecurrenceShape, adapter: AdapterTraits, cell: Cell, backward: boolean): Readonly<Record<string, Constant>>;
  fragments?(shape: RecurrenceShape, adapter: AdapterTraits): Readonly<Record<string, string>>;
  grid(shape: RecurrenceShape, adapter: AdapterTraits): Grid;
}

/** Rows of the buffers. */
const rowsIn = ({ batch, time, rows }: RecurrenceShape): number => rows || batch * time;
/** Private arrays are sized in steps of this many units, so that few widths need a pipeline of their own. */
const CHUNK = 32;
const capacity = (hidden: number): number => CHUNK * Math.ceil(hidden / CHUNK);
const byFour = (hidden: number): boolean => hidden % 4 === 0;

/** Sequences that each invocation carries in `rows`, and its invocations in a workgroup. */
const [CARRIED, EIGHT] = [4, 8];
/** Widest state whose kernels by rows have a name of their own: the cost model keeps rates by name. */
const WIDEST_ROWS = 128;
/** Widest state whose weights a subgroup keeps in private memory. */
const WIDEST_UNITS = 64;
/** Gates that its kernels are written out for. */
const MOST_GATES = 4;
/** Whether all subgroups have one size. */
const even = ({ subgroups }: AdapterTraits): boolean => subgroups !== undefined && subgroups.min === subgroups.max;

const WIDTHS = {
  fours: `fn narrowed(v: vec4<f32>) -> Value { return v; }
fn times(w: Value, tile: Tile) -> vec4<f32> {
  // Short chains of sums: long ones would wait on each other.
  return (w.x * tile[0] + w.y * tile[1]) + (w.z * tile[2] + w.w * tile[3]);
}`,
  single: `fn narrowed(v: vec4<f32>) -> Value { return v.x; }
fn times(w: Value, tile: Tile) -> vec4<f32> { return w * tile[0]; }`,
};

/** For any width and adapter. */
const rows = (suffix: string): Schedule => ({
  suffix,
  sources: [forwardRowsSource, backwardRowsSource],
  fours: byFour,
  single: [['bhh'], ['whh']],
  constants: ({ hidden }) => ({ CHUNKS: capacity(hidden) / (byFour(hidden) ? 4 * EIGHT : EIGHT) }),
  fragments: ({ hidden }, adapter) => ({
    share: even(adapter) && (adapter.subgroups?.min ?? 0) >= EIGHT ? share : noShare,
    width: byFour(hidden) ? WIDTHS.fours : WIDTHS.single,
  }),
  grid: ({ batch }) => linearGrid(Math.ceil(batch / CARRIED), EIGHT),
});

/** Workgroups a thread: several, so that none waits long for the last; steps that repay copying the weights. */
const SHARES = 4;
const LEAST_STEPS = 128;
/** Where the number of threads is not known. */
const USUAL_THREADS = 4;
/** Lanes of a subgroup where all have one size; the 8 of llvmpipe with AVX2 where it is not known. */
const lanesOf = ({ subgroups }: AdapterTraits): number => subgroups?.max ?? 8;

/**
 * For software adapters whose subgroups have one size and the feature is enabled; `hidden` a multiple of 4 and at most
 * 64.
 */
const subgroups: Schedule = {
  suffix: '-subgroups',
  sources: [forwardSubgroupsSource, backwardSubgroupsSource],
  fours: () => true,
  single: [[], []],
  constants: ({ hidden }, adapter) => ({
    SUBGROUP: lanesOf(adapter),
    PARTS: Math.ceil(capacity(hidden) / (4 * lanesOf(adapter))),
  }),
  grid: (shape, { threads = USUAL_THREADS }) => {
    const most = threads === 1 ? 1 : SHARES * threads;
    return [Math.max(1, Math.min(most, shape.batch, Math.ceil(rowsIn(shape) / LEAST_STEPS))), 1, 1];
  },
};

/** Bytes of workgroup memory that weights may take of the 16 KiB that every adapter has. */
const MOST_SHARED = 12 * 1024;
/** Invocations that every adapter allows in a workgroup. */
const MOST_INVOCATIONS = 256;
const unitsOf = (hidden: number): number => CHUNK * Math.ceil(hidden / CHUNK);
/** Sequences in a workgroup: few, for every one more leaves fewer workgroups to share a GPU. */
const sequencesOf = (hidden: number): number => Math.max(1, Math.floor(128 / unitsOf(hidden)));

/** For GPUs, small weights in workgroup memory; `hidden` at most 256. */
const workgroup: Schedule = {
  suffix: '-workgroup',
  sources: [forwardWorkgroupSource, backwardWorkgroupSource],
  fours: () => false,
  single: [[], []],
  constants: ({ hidden }, _adapter, cell, backward) => ({
    HIDDEN: hidden,
    UNITS: unitsOf(hidden),
    ROWS: sequencesOf(hidden),
    SHARED: 4 * cell.gates * hidden ** 2 <= MOST_SHARED,
    TRANSPOSED: !backward,
  }),
  grid: ({ batch, hidden }) => linearGrid(batch, sequencesOf(hidden)),
};

/** Buffers of f32, by `Value` but for those of `single`. */
const values = (make: typeof read, single: readonly string[], ...names: string[]): BufferSlot[] =>
  names.map((name) => make(name, 'f32', single.includes(name) ? undefined : 'Value'));

function passes(cell: Cell, schedule: Schedule): Passes {
  const { gates, kept } = cell;
  const lengthsOf = ({ withLengths, rows, batch, time }: RecurrenceShape): number => withLengths * (rows ? batch + time + 1 : batch);
  const common = (backward: boolean) => ({
    constants: (shape: RecurrenceShape, adapter: AdapterTraits) => {
      const four = schedule.fours(shape.hidden);
      const sizes = { GATES: gates, KEPT: kept, ...valueConstants(four), ...specialConstants(four) };
      return { ...sizes, ...schedule.constants(shape, adapter, cell, backward) };
    },
    fragments: (shape: RecurrenceShape, adapter: AdapterTraits) => ({ cell: cell.text, ...schedule.fragments?.(shape, adapter) }),
    grid: schedule.grid,
  });
  const forward: Kernel<RecurrenceForwardShape> = {
    name: `${cell.name}/forward${schedule.suffix}`,
    source: schedule.sources[0],
    buffers: [
      ...values(read, schedule.single[0], 'gates', 'whh', 'bhh', 'h0'),
      read('lengths', 'u32'),
      ...values(written, [], 'out', 'previous', 'saved'),
    ],
    uniforms: u32('batch', 'time', 'hidden', 'withLengths', 'reverse', 'rows', 'initial', 'save'),
    ...common(false),
    lengths: (shape) => {
      const { batch, hidden, initial, save } = shape;
      const states = rowsIn(shape) * hidden;
      const weights = { whh: gates * hidden ** 2, bhh: gates * hidden, h0: initial * batch * hidden, lengths: lengthsOf(shape) };
      return { gates: gates * states, ...weights, out: states, previous: save * states, saved: save * kept * states };
    },
    cost: (shape) => {
      const { hidden, save } = shape;
      const bytes = rowsIn(shape) * hidden * (gates + 1 + save * (kept + 1)) + gates * hidden * (hidden + 1);
      return { flops: rowsIn(shape) * hidden * (2 * gates * hidden + cell.flops[0]), bytes: 4 * bytes };
    },
    sample: { batch: 512, time: 48, hidden: 64, withLengths: 1, reverse: 0, rows: 0, initial: 0, save: 1 },
  };
  const backward: Kernel<RecurrenceShape> = {
    name: `${cell.name}/backward${schedule.suffix}`,
    source: schedule.sources[1],
    buffers: [
      ...values(read, schedule.single[1], 'dy', 'whh', 'previous', 'saved'),
      read('lengths', 'u32'),
      ...values(written, [], 'dgates', 'dgatesHidden', 'dh0'),
    ],
    uniforms: u32('batch', 'time', 'hidden', 'withLengths', 'reverse', 'rows'),
    ...common(true),
    lengths: (shape) => {
      const states = rowsIn(shape) * shape.hidden;
      const given = { dy: states, whh: gates * shape.hidden ** 2, previous: states, saved: kept * states, lengths: lengthsOf(shape) };
      return { ...given, dgates: gates * states, dgatesHidden: gates * states, dh0: shape.batch * shape.hidden };
    },
    cost: (shape) => {
      const { hidden } = shape;
      const bytes = rowsIn(shape) * hidden * (2 * gates + kept + 2) + gates * hidden * hidden;
      return { flops: rowsIn(shape) * hidden * (2 * gates * hidden + cell.flops[1]), bytes: 4 * bytes };
    },
    sample: { batch: 512, time: 48, hidden: 64, withLengths: 1, reverse: 0, rows: 0 },
  };
  return { forward, backward };
}

/** Units that are worth a workgroup of a CPU. */
const PER_GROUP = 1024;

function stepKernel({ name, gates, kept, flops, text }: Cell): Kernel<RecurrenceStepShape> {
  return {
    name: `${name}/cell`,
    source: stepSource,
    fragments: () => ({ cell: text }),
    buffers: [...values(read, [], 'gates', 'recurrent', 'h0'), ...values(written, [], 'out')],
    uniforms: u32('rows', 'hidden'),
    constants: ({ hidden }, adapter) => {
      const four = byFour(hidden);
      return { WORKGROUP: stridedWorkgroup(adapter), GATES: gates, KEPT: kept, ...valueConstants(four), ...specialConstants(four) };
    },
    lengths: ({ rows, hidden }) => ({
      ...{ gates: gates * rows * hidden, recurrent: gates * rows * hidden },
      ...{ h0: rows * hidden, out: rows * hidden },
    }),
    grid: ({ rows, hidden }, adapter) => stridedGrid((rows * hidden) / (byFour(hidden) ? 4 : 1), adapter, PER_GROUP / 4),
    cost: ({ rows, hidden }) => ({ flops: flops[0] * rows * hidden, bytes: 4 * (2 * gates + 2) * rows * hidden }),
    sample: { rows: 512, hidden: 64 },
  };
}

/** A cell with every schedule. */
export interface Recurrence {
  readonly cell: Cell;
  /** Any width, any adapter. */
  readonly any: Passes;
  /** The same, by the name for widths to 128 on software adapters with subgroups. */
  readonly rows: Passes;
  /** Software adapters with subgroups of one size; widths that are multiples of 4, to 64, and at most 4 gates. */
  readonly subgroups: Passes;
  /** GPUs; widths to 256. */
  readonly workgroup: Passes;
  /**
   * One step without what a gradient needs: `out [rows, hidden]` from `gates [rows, gates·hidden]` = x·W_ihᵀ + b_ih,
   * `recurrent` of the same shape = h0·W_hhᵀ + b_hh, and `h0 [rows, hidden]`.
   */
  readonly step: Kernel<RecurrenceStepShape>;
  /** The kernels for a width on an adapter. Each pair has the same buffers and the same results to rounding. */
  kernels(hidden: number, adapter: AdapterTraits): Passes;
}

/**
 * The kernels of a cell, over projected inputs `gates [batch, time, gates·hidden]` = x·W_ihᵀ + b_ih.
 *
 * Forward: `out [batch, time, hidden]` from `whh [gates·hidden, hidden]`, `bhh [gates·hidden]`, `h0 [batch, hidden]`,
 * `lengths u32 [batch]`. For the backward pass it leaves the state before each step in `previous [batch, time, hidden]`
 * and what the cell keeps in `saved [batch, time, kept·hidden]` (undefined over padding). Packed, `[rows, …]` takes the
 * place of `[batch, time, …]` and `lengths` is `[batch + time + 1]`; `out` and `previous` are zero in rows left over at
 * the end.
 *
 * Backward: from `dy [batch, time, hidden]`, with what the forward pass left, `dgates [batch, time, gates·hidden]`, the
 * gradient to the projected inputs; `dgatesHidden` of the same shape, that to W_hh h + b_hh (so dW_hh = dgatesHiddenᵀ ·
 * previous and db_hh is its column sum); `dh0 [batch, hidden]`. Both are zero where the state is held and in rows left
 * over.
 */
export function recurrence(cell: Cell): Recurrence {
  const any = passes(cell, rows(''));
  const byRows = passes(cell, rows('-rows'));
  const [ofSubgroups, ofWorkgroup] = [passes(cell, subgroups), passes(cell, workgroup)];
  return {
    ...{ cell, any, rows: byRows, subgroups: ofSubgroups, workgroup: ofWorkgroup, step: stepKernel(cell) },
    kernels: (hidden, adapter) => {
      if (adapter.family === 'gpu' && hidden <= MOST_INVOCATIONS) return ofWorkgroup;
      const software = adapter.family === 'software' && even(adapter);
      if (software && byFour(hidden) && hidden <= WIDEST_UNITS && cell.gates <= MOST_GATES) return ofSubgroups;
      return software && hidden <= WIDEST_ROWS ? byRows : any;
    },
  };
}
