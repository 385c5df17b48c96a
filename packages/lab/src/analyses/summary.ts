/** An analysis that only reads finished runs. */
import type { Findings } from '../report/data.js';
import type { Pools } from '../report/pooled.js';
import type { StoredRun } from '../run/scan.js';

export type Summary = {
  readonly name: string;
  readonly about: string;
  /** The runs that one median is taken over. */
  readonly pools?: (runs: readonly StoredRun[]) => Pools;
  /** @throws UsageError where the runs cannot answer it. */
  readonly run: (runs: readonly StoredRun[]) => Omit<Findings, 'name'>;
};
