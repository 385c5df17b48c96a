/** What moved since an earlier run. */
import { keyOf, type Results, type Row } from './results.js';

export interface Change {
  readonly row: Row;
  readonly before: Row;
  /** The earlier median over the present one: above 1 is faster now. */
  readonly ratio: number;
  /** The 10–90 % ranges of the two do not touch. */
  readonly beyondNoise: boolean;
}

/** Rows that both runs have. */
export function changesSince(before: Pick<Results, 'rows'>, rows: readonly Row[]): Change[] {
  const earlier = new Map(before.rows.map((row) => [keyOf(row), row]));
  return rows.flatMap((row) => {
    const old = earlier.get(keyOf(row));
    if (!old) return [];
    const beyondNoise = old.ours.p90 < row.ours.p10 || row.ours.p90 < old.ours.p10;
    return [{ row, before: old, ratio: old.ours.median / row.ours.median, beyondNoise }];
  });
}
