/** Rows of `docs/results/*.json`: one success rate each. */
export type ResultRow = {
  /** `internal`, `raw`, … */
  readonly method: string;
  /** What the sequence embedder saw in discovery; `null` for methods without codes. */
  readonly view: string | null;
  readonly baseSeed: number;
  readonly controllerSeed: number | null;
  readonly rlSeed: number;
  /** Colours as digits: `0123`. */
  readonly task: string;
  /** The task that the policy was rewarded for, where it was only measured here. */
  readonly learned?: string;
  /** Training episodes the policy has seen. */
  readonly episodes: number;
  /** Share of sampled episodes that finish the task, 0 to 1. */
  readonly success: number;
  /** So many episodes were sampled for it; unknown where the run is from before rows said it. */
  readonly sampled?: number;
};

/** The part of a run, or of its context, that says which run it is. */
export type RunLabels = Pick<ResultRow, 'method' | 'view' | 'baseSeed' | 'controllerSeed' | 'rlSeed'>;

/** Rows in reading order: method, view, task, then seeds, then episodes. */
export function sortRows<R extends ResultRow>(rows: readonly R[]): R[] {
  const key = (row: ResultRow) => [row.method, row.view ?? '', row.task] as const;
  const seeds = (row: ResultRow) => [row.baseSeed, row.controllerSeed ?? -1, row.rlSeed, row.episodes] as const;
  return [...rows].sort((a, b) => {
    const at = key(a).findIndex((value, index) => value !== key(b)[index]);
    if (at >= 0) return key(a)[at] < key(b)[at] ? -1 : 1;
    return seeds(a).reduce((order, value, index) => order || value - seeds(b)[index], 0);
  });
}

/** JSON with one row a line, so that a change of one number is a change of one line. */
export function rowsToJson(rows: readonly ResultRow[]): string {
  const lines = sortRows(rows).map(({ method, view, baseSeed, controllerSeed, rlSeed, task, episodes, success }) =>
    JSON.stringify({ method, view, baseSeed, controllerSeed, rlSeed, task, episodes, success }),
  );
  return `[\n${lines.map((line) => `  ${line}`).join(',\n')}\n]\n`;
}
