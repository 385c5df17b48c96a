import { distance } from 'fastest-levenshtein';

/**
 * The known name nearest to what was typed, or `undefined` when nothing is near: more than half the letters would
 * have to change.
 */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((name) => ({ name, edits: distance(typed.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best && best.edits <= Math.max(2, Math.floor(best.name.length / 2)) ? best.name : undefined;
}

/** A remedy for what was typed: the nearest known name, or what to say when nothing is near. */
export function suggestion(typed: string, known: readonly string[], otherwise: string): string {
  const near = nearest(typed, known);
  return near === undefined ? otherwise : `Did you mean \`${near}\`?`;
}
