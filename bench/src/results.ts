/** The JSON file of a run, and reading one back. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Peaks } from '@coxswain/tensor';
import { BenchError } from './errors.js';
import type { Summary } from './summary.js';

/** Milliseconds of one run by the wall clock. */
interface Timed extends Summary {
  /** Milliseconds of all threads of the process; files from before it was measured lack it. */
  readonly processor?: Summary;
}

/** A peer's times, and how its first run went. */
export interface PeerResult extends Timed {
  readonly version: string;
  /** It ran on the processor, not on the adapter. */
  readonly onProcessor?: true;
  /** Its answer is too far from the right one for its times to count. */
  readonly wrong?: true;
  readonly firstMs: number;
  readonly error: number;
}

export interface OurResult extends Timed {
  readonly firstMs: number;
  readonly compileMs: number;
  readonly dispatches: number;
  /** Microseconds of JavaScript for one replayed dispatch. */
  readonly encode: Summary;
  /** Milliseconds between timestamps on the GPU; absent where the adapter has none. */
  readonly gpu?: Summary;
  readonly flops: number;
  readonly bytes: number;
  /** Of the adapter's measured peaks, at the median. */
  readonly fractionOfFlops: number;
  readonly fractionOfBytes: number;
  /** Bytes of temporaries: in the shared arena, and with memory of their own each. */
  readonly temporaries: { readonly arena: number; readonly separate: number };
  readonly error: number;
}

/** What one step of training or of an environment asks of the queue. */
export interface StepFigures {
  readonly submits: number;
  readonly readbacks: number;
  /** Rollouts: environment steps, of all episodes together, in what `ours` timed. */
  readonly environmentSteps?: number;
}

export interface Row {
  readonly suite: string;
  readonly name: string;
  readonly shape: string;
  readonly dtype: 'f32' | 'f16';
  readonly correct: boolean;
  /** Rows that are a step of something. */
  readonly step?: StepFigures;
  readonly ours: OurResult;
  /** By name; the reason where one could not take part. */
  readonly peers: Readonly<Record<string, PeerResult | { readonly failed: string }>>;
  /** The better peer's median over ours; absent without peers. */
  readonly ratio?: number;
  /**
   * Of processor time: the least of the peers that run on the processor themselves over ours. Only where the adapter is
   * one of software.
   */
  readonly processorRatio?: number;
  /** When this row was measured, and by which command: a file collects those of several runs. */
  readonly when: string;
  readonly command: string;
}

/** A row before the run that measured it has signed it. */
export type MeasuredRow = Omit<Row, 'when' | 'command'>;

export interface Results {
  readonly format: 'coxswain-bench-1';
  readonly adapter: string;
  readonly node: string;
  readonly dawn: string;
  /** Of the last run. */
  readonly peaks: Peaks;
  readonly rows: readonly Row[];
}

export const keyOf = ({ suite, name, shape, dtype }: Pick<Row, 'suite' | 'name' | 'shape' | 'dtype'>): string =>
  [suite, name, shape, dtype].join('|');

/**
 * Rows of this run and, of an earlier one, those that this run did not measure again; in the order of the earlier ones,
 * new ones last.
 */
export function mergeRows(earlier: readonly Row[], rows: readonly Row[]): Row[] {
  const now = new Map(rows.map((row) => [keyOf(row), row]));
  const known = new Set(earlier.map(keyOf));
  return [...earlier.map((row) => now.get(keyOf(row)) ?? row), ...rows.filter((row) => !known.has(keyOf(row)))];
}

/** A file name for an adapter: its words, joined. */
export const adapterFile = (adapter: string): string =>
  adapter
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^-+|-+$/g, '');

export function writeResults(file: string, results: Results): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`);
}

/** @throws BenchError where it cannot be read, or is not what this suite writes. */
export function readResults(file: string): Results {
  const remedy = 'Give a file that `npm run bench` wrote.';
  let parsed: Partial<Results>;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8')) as Partial<Results>;
  } catch (error) {
    throw new BenchError('File', `${file} (${(error as Error).message})`, 'readable JSON', remedy);
  }
  if (parsed.format !== 'coxswain-bench-1' || !Array.isArray(parsed.rows)) throw new BenchError('File', file, 'rows of this suite', remedy);
  return parsed as Results;
}
