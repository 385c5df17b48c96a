import {
  type AdapterTraits,
  type Kernel,
  read,
  specialConstants,
  stridedGrid,
  stridedWorkgroup,
  u32,
  valueConstants,
  written,
} from '../declaration.js';
import chunksSource from './chunks.wgsl';
import joinedSource from './joined.wgsl';
import { LINEAR, LINEAR_GRADIENT, MAX, PRODUCT, SUM } from './operators.js';
import scanSource from './scan.wgsl';
import totalsSource from './totals.wgsl';

/**
 * A buffer of an operator: `[outer, time, width]`, or `[outer, width]`, which one that is read is only where `initial`
 * is 1.
 */
export interface ScanBuffer {
  readonly name: string;
  readonly of: 'element' | 'start' | 'every start';
}

/** An associative operator, its items and where they come from and go to, as fragments of WGSL over `Value`. */
export interface ScanOperator {
  readonly name: string;
  /** Values in an item. */
  readonly parts: number;
  readonly reads: readonly ScanBuffer[];
  readonly writes: readonly ScanBuffer[];
  /**
   * `struct Item`, `identity() -> Item`, `itemAt(at, t) -> Item` and `combine(left, right) -> Item`, left being what
   * comes first.
   */
  readonly text: string;
  /** `startAt(place) -> Item`, place in `[outer, width]`, and `keepAt(at, t, item)`. */
  readonly keep: string;
}

export type ScanShape = {
  readonly outer: number;
  /** Length of the scanned axis. */
  readonly time: number;
  readonly width: number;
  /** 1 to go from the last element to the first. */
  readonly reverse: 0 | 1;
  /** 1 where what the scan starts from is read. */
  readonly initial: 0 | 1;
  /**
   * Pieces of the axis that are scanned side by side, as `scanChunks` gives it; `totals` is launched first where there
   * are several.
   */
  readonly chunks: number;
};

/** The two launches of a scan. */
export interface Scan {
  /** What each chunk comes to, into `totals`. */
  readonly totals: Kernel<ScanShape>;
  /** The scan itself. `totals` is read where there are several chunks. */
  readonly scan: Kernel<ScanShape>;
}

const fours = ({ width }: ScanShape): boolean => width % 4 === 0;
/** Elements that are worth a workgroup of a CPU. */
const PER_GROUP = 512;
/** Shortest chunk, and most of them: each invocation joins those before its own. */
const [LEAST_LENGTH, MOST_CHUNKS] = [64, 64];
/** Invocations that keep an adapter busy. */
const ENOUGH = { software: 32, gpu: 16384 };

/**
 * In place of joined.wgsl for a single chunk, which then needs no totals, not even a buffer as large as one of them.
 */
const ALONE = 'fn joined(start: Item, i: u32, chunk: Chunk) -> Item { return start; }\n';

/**
 * Into how many chunks an axis is best cut: several only where there are few invocations otherwise and the axis is
 * long.
 */
export function scanChunks({ outer, time, width }: Pick<ScanShape, 'outer' | 'time' | 'width'>, { family }: AdapterTraits): number {
  const lanes = Math.max(1, (outer * width) / (width % 4 === 0 ? 4 : 1));
  return Math.max(1, Math.min(MOST_CHUNKS, Math.floor(time / LEAST_LENGTH), Math.floor(ENOUGH[family] / lanes)));
}

/**
 * The kernels of an operator: one associative scan for all, in the same fixed order on every adapter for a number of
 * chunks.
 */
export function scan(operator: ScanOperator): Scan {
  const { name, parts, reads, writes } = operator;
  const sizes = ({ outer, time, width }: ScanShape) => ({ element: outer * time * width, start: outer * width });
  const counted = (buffers: readonly ScanBuffer[], shape: ScanShape): [string, number][] =>
    buffers.map((buffer) => {
      const { element, start } = sizes(shape);
      return [buffer.name, buffer.of === 'element' ? element : buffer.of === 'start' ? shape.initial * start : start];
    });
  const totalsIn = ({ outer, chunks, width }: ScanShape): number => (chunks > 1 ? parts * outer * chunks * width : 0);
  const common = {
    uniforms: u32('outer', 'time', 'width', 'reverse', 'initial', 'chunks'),
    constants: (shape: ScanShape, adapter: AdapterTraits) => ({
      WORKGROUP: stridedWorkgroup(adapter),
      ...valueConstants(fours(shape)),
      ...specialConstants(fours(shape)),
    }),
    grid: (shape: ScanShape, adapter: AdapterTraits) => {
      const lanes = (shape.outer * shape.chunks * shape.width) / (fours(shape) ? 4 : 1);
      const length = Math.max(1, Math.ceil(shape.time / shape.chunks));
      return stridedGrid(lanes, adapter, Math.max(stridedWorkgroup(adapter), Math.floor(PER_GROUP / length)));
    },
    sample: { outer: 16, time: 512, width: 1, reverse: 0, initial: 0, chunks: 4 } as const,
  };
  const values = (make: typeof read, buffers: readonly ScanBuffer[]) => buffers.map((buffer) => make(buffer.name, 'f32', 'Value'));
  const bytes = (buffers: readonly ScanBuffer[], shape: ScanShape): number =>
    4 * counted(buffers, shape).reduce((sum, [, count]) => sum + count, 0);
  const flops = (shape: ScanShape): number => (2 * parts - 1) * sizes(shape).element;
  return {
    totals: {
      ...common,
      name: `${name}/totals`,
      source: totalsSource,
      fragments: () => ({ chunks: chunksSource, operator: operator.text }),
      buffers: [...values(read, reads), written('totals', 'f32', 'Item')],
      lengths: (shape) => ({ ...Object.fromEntries(counted(reads, shape)), totals: totalsIn(shape) }),
      cost: (shape) => ({ flops: flops(shape), bytes: bytes(reads, shape) + 4 * totalsIn(shape) }),
    },
    scan: {
      ...common,
      name,
      source: scanSource,
      fragments: ({ chunks }) => {
        const joined = chunks > 1 ? joinedSource : ALONE;
        return { chunks: chunksSource, operator: operator.text, keep: operator.keep, joined };
      },
      buffers: [...values(read, reads), read('totals', 'f32', 'Item'), ...values(written, writes)],
      lengths: (shape) => ({ ...Object.fromEntries([...counted(reads, shape), ...counted(writes, shape)]), totals: totalsIn(shape) }),
      cost: (shape) => ({ flops: flops(shape), bytes: bytes([...reads, ...writes], shape) + 4 * totalsIn(shape) }),
    },
  };
}

/** `out` from `x [outer, time, width]`: sums so far. */
export const sumScan = scan(SUM);
export const { totals: cumulativeSumTotals, scan: cumulativeSum } = sumScan;
/** `out` from `x`: products so far. */
export const productScan = scan(PRODUCT);
export const { totals: cumulativeProductTotals, scan: cumulativeProduct } = productScan;
/** `out` from `x`: the largest so far, NaN from the first NaN on. */
export const maxScan = scan(MAX);
export const { totals: cumulativeMaxTotals, scan: cumulativeMax } = maxScan;
/** h_t = a_t h_{t−1} + b_t: `h` from `a`, `b [outer, time, width]` and `h0 [outer, width]`. */
export const linearScan = scan(LINEAR);
export const { totals: linearRecurrenceTotals, scan: linearRecurrence } = linearScan;
/** Its gradient, with `reverse`: `da`, `db` and `dh0 [outer, width]` from `a`, `h`, `h0` and `dh`. */
export const linearGradientScan = scan(LINEAR_GRADIENT);
export const { totals: linearRecurrenceGradientTotals, scan: linearRecurrenceGradient } = linearGradientScan;
