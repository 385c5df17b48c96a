/** k-means by `ml-kmeans`, and what it leaves out: several starts, and how many clusters there are. */
import { kmeans } from 'ml-kmeans';

export interface Clusters {
  /** Cluster of each point. */
  readonly of: readonly number[];
  readonly count: number;
  /** Mean silhouette: 1 where clusters lie far apart, 0 where they run into each other. */
  readonly silhouette: number;
}

export interface ClusterOptions {
  /** Most clusters that are tried, from two. */
  readonly most: number;
  /** Random starts for each number of clusters. */
  readonly starts: number;
  /** Distance of two points, by their numbers. */
  readonly distance: (a: number, b: number) => number;
}

/** Squared distances of points from the centres of their clusters, summed. */
function spread(points: readonly (readonly number[])[], of: readonly number[], centres: readonly (readonly number[])[]): number {
  return points.reduce((sum, point, i) => sum + point.reduce((part, x, j) => part + (x - centres[of[i]][j]) ** 2, 0), 0);
}

/** The tightest of several k-means, each from its own k-means++ start; the same for the same points. */
function tightest(points: number[][], count: number, starts: number): number[] {
  const tried = Array.from({ length: starts }, (_, start) => {
    const { clusters, centroids } = kmeans(points, count, { seed: start + 1, initialization: 'kmeans++' });
    return { of: clusters, spread: spread(points, clusters, centroids) };
  });
  return tried.reduce((best, one) => (one.spread < best.spread ? one : best)).of;
}

/**
 * Mean over points of (b − a) / max(a, b): a, the mean distance to the others of its cluster; b, to those of the
 * nearest other cluster.
 */
export function silhouette(of: readonly number[], count: number, distance: ClusterOptions['distance']): number {
  const sizes = Array.from({ length: count }, (_, cluster) => of.filter((own) => own === cluster).length);
  const each = of.map((own, i) => {
    // A point alone counts 0, as is the custom.
    if (sizes[own] === 1) return 0;
    const sums = new Float64Array(count);
    for (const [j, other] of of.entries()) if (j !== i) sums[other] += distance(i, j);
    const a = sums[own] / (sizes[own] - 1);
    const b = Math.min(...sizes.flatMap((size, other) => (other === own || size === 0 ? [] : [sums[other] / size])));
    return Number.isFinite(b) ? (b - a) / Math.max(a, b, Number.MIN_VALUE) : 0;
  });
  return each.reduce((sum, one) => sum + one, 0) / Math.max(1, each.length);
}

/** Clusters of points, as many as make the silhouette largest. Too few points for two clusters are one. */
export function clusters(points: readonly ArrayLike<number>[], { most, starts, distance }: ClusterOptions): Clusters {
  const lists = points.map((point) => Array.from(point));
  let best: Clusters = { of: points.map(() => 0), count: 1, silhouette: 0 };
  for (let count = 2; count <= Math.min(most, points.length - 1); count++) {
    const of = tightest(lists, count, starts);
    const found = { of, count, silhouette: silhouette(of, count, distance) };
    if (found.silhouette > best.silhouette) best = found;
  }
  return best;
}
