/** Whether outputs are right: every row of a table checks its own. */

/** ‖out − ref‖ / ‖ref‖; infinite where lengths differ or a number is not finite. */
export function relativeError(out: ArrayLike<number>, reference: ArrayLike<number>): number {
  if (out.length !== reference.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < out.length; i++) {
    difference += (out[i] - reference[i]) ** 2;
    norm += reference[i] ** 2;
  }
  return Number.isFinite(difference) ? Math.sqrt(difference / Math.max(norm, Number.MIN_VALUE)) : Number.POSITIVE_INFINITY;
}

/** The greatest error of any output. */
export function worstError(outputs: readonly ArrayLike<number>[], references: readonly ArrayLike<number>[]): number {
  if (outputs.length !== references.length) return Number.POSITIVE_INFINITY;
  return Math.max(...outputs.map((out, i) => relativeError(out, references[i])));
}
