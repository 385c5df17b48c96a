/** An analysis that only reads finished runs. */

import type { Findings } from '../report/data.js';
import type { StoredRun } from '../run/scan.js';

export type Summary = {
  readonly name: string;
  readonly about: string;
  /** What a reader of its numbers has to know, a sentence each. */
  readonly warnings?: (runs: readonly StoredRun[]) => readonly string[];
  /** Its top numbers, for who ran it: a line or a few. */
  readonly answer: (found: Findings) => readonly string[];
  /** @throws UsageError where the runs cannot answer it. */
  readonly run: (runs: readonly StoredRun[]) => Omit<Findings, 'name'>;
};
