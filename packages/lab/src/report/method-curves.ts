/** Success against episodes by method, in numbers: what learning curves draw. */
import { bisectLeft, group, max, min, quantileSorted } from 'd3-array';
import { formatNumber } from '../progress.js';
import type { LearningRun } from './data.js';

export type Points = readonly { readonly x: number; readonly y: number }[];
export type Summary = { readonly x: number; readonly low: number; readonly mid: number; readonly high: number };

export type MethodCurves = {
  readonly label: string;
  readonly runs: readonly { readonly run: LearningRun; readonly points: Points }[];
  readonly summary: readonly Summary[];
};

/** Runs that a median is taken over, at least: of two it is a number that neither of them has. */
export const FEWEST_FOR_MEDIAN = 3;

/** Mean of each point and up to `window − 1` points before it. */
export function smooth(points: Points, window: number): Points {
  return points.map(({ x }, index) => {
    const part = points.slice(Math.max(0, index - window + 1), index + 1);
    return { x, y: part.reduce((sum, point) => sum + point.y, 0) / part.length };
  });
}

/** Value at `x`, linear between points; `x` must lie within them. */
export function valueAt(points: Points, x: number): number {
  const at = bisectLeft(
    points.map((point) => point.x),
    x,
  );
  if (points[at]?.x === x || at === 0) return points[at].y;
  const [a, b] = [points[at - 1], points[at]];
  return a.y + ((b.y - a.y) * (x - a.x)) / (b.x - a.x);
}

/** Median and quartiles over runs at every `x` that all of them reach. */
export function summarise(runs: readonly Points[]): Summary[] {
  const full = runs.filter((points) => points.length > 0);
  const from = max(full, (points) => points[0].x) ?? 0;
  const to = min(full, (points) => points[points.length - 1].x) ?? 0;
  const places = [...new Set(full.flatMap((points) => points.map(({ x }) => x)))].filter((x) => x >= from && x <= to).sort((a, b) => a - b);
  return places.map((x) => {
    const values = full.map((points) => valueAt(points, x)).sort((a, b) => a - b);
    const at = (p: number) => quantileSorted(values, p) ?? 0;
    return { x, low: at(0.25), mid: at(0.5), high: at(0.75) };
  });
}

/**
 * Groups runs of one task by their label, and those of one label by their episodes where these differ: rate and
 * exploration fall over them.
 */
export function curvesByMethod(runs: readonly LearningRun[], smoothing: number): MethodCurves[] {
  return [...group(runs, ({ label }) => label)].flatMap(([label, ofMethod]) => {
    const byLength = group(ofMethod, ({ planned }) => planned);
    return [...byLength].map(([planned, members]) => {
      const own = members.map((run) => ({
        run,
        points: smooth(
          run.points.map(({ episodes, success }) => ({ x: episodes, y: success })),
          smoothing,
        ),
      }));
      const name = byLength.size > 1 ? `${label}, ${formatNumber(planned)} episodes` : label;
      return { label: name, runs: own, summary: summarise(own.map(({ points }) => points)) };
    });
  });
}
