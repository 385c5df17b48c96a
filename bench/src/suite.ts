/** A suite: rows that can be measured one after another. */
import type { AdapterTraits } from '@coxswain/kernels';
import type { Peaks } from '@coxswain/tensor';
import type { Contestant } from './contestant.js';
import type { Ours } from './ours.js';
import type { MeasuredRow } from './results.js';

export interface Bench {
  readonly ours: Ours;
  readonly peers: readonly Contestant[];
  readonly peaks: Peaks;
  readonly samples: number;
}

/** A row to be: its name and shape are known before it is measured. */
export interface PlannedRow {
  readonly name: string;
  readonly shape: string;
  /** Adapters on which this row is worth its time; all when absent. */
  readonly suits?: (traits: AdapterTraits) => boolean;
  measure(bench: Bench): Promise<MeasuredRow>;
}

export interface Suite {
  readonly name: string;
  readonly rows: readonly PlannedRow[];
}

export const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
