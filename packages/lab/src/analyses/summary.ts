/** An analysis that only reads finished runs. */
import type { StoredRun } from '../run/scan.js';
import type { Findings } from './findings.js';

export type Summary = {
  readonly name: string;
  readonly about: string;
  /** @throws UsageError where the runs cannot answer it. */
  readonly run: (runs: readonly StoredRun[]) => Omit<Findings, 'name'>;
};
