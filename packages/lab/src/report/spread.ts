/** Moves labels at the right end of lines apart so that none covers another; `gap` in pixels. */
export function spread(positions: readonly number[], gap: number): number[] {
  const order = positions.map((_, index) => index).sort((a, b) => positions[a] - positions[b]);
  const placed = [...positions];
  for (let i = 1; i < order.length; i++) placed[order[i]] = Math.max(placed[order[i]], placed[order[i - 1]] + gap);
  return placed;
}

/** The same where nothing is to come below `bottom`: labels that would are moved up instead. */
export function within(positions: readonly number[], gap: number, bottom: number): number[] {
  const down = spread(positions, gap);
  if (down.every((at) => at <= bottom)) return down;
  const mirrored = positions.map((at) => -Math.min(at, bottom));
  return spread(mirrored, gap).map((at) => -at);
}
