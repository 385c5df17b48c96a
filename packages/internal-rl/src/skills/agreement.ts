/** What codes reach as a rule, judged by codes that steer alike: each was drawn once and tried once, in one world. */

export interface Agreement {
  /** Colour that most of the codes nearest to this one reached, −1 where most reached none. */
  readonly colour: number;
  /** Share of them that did. */
  readonly share: number;
}

/** The `count` others with the highest similarity to `self`. @param row similarities of `self` to all. */
function nearest(row: Float32Array, self: number, count: number): number[] {
  const others = Float32Array.from(row);
  others[self] = Number.NEGATIVE_INFINITY;
  const least = Float32Array.from(others).sort()[others.length - count];
  const near: number[] = [];
  for (let i = 0; i < others.length && near.length < count; i++) if (i !== self && others[i] >= least) near.push(i);
  return near;
}

/**
 * What the nearest others of each code reached. Its own outcome does not count, so that it can still tell how right
 * they are.
 * @param similarity [codes · codes]
 * @param reaches [codes] colour that each reached, −1 for none.
 */
export function agreements(similarity: Float32Array, reaches: readonly number[], neighbours: number): Agreement[] {
  const codes = reaches.length;
  const asked = Math.min(neighbours, codes - 1);
  return reaches.map((_, i) => {
    const votes = new Map<number, number>();
    for (const other of nearest(similarity.subarray(i * codes, (i + 1) * codes), i, asked))
      votes.set(reaches[other], (votes.get(reaches[other]) ?? 0) + 1);
    const [colour, won] = [...votes].reduce((best, vote) => (vote[1] > best[1] ? vote : best), [-1, 0]);
    return { colour, share: won / Math.max(1, asked) };
  });
}
