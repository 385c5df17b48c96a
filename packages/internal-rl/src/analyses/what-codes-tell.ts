/**
 * What codes tell about the leg that they are held for: its colour, the cells it begins and ends in, the way between
 * them.
 */
import { HostRandom } from '@coxswain/base';
import { greatest, mean, rollups, shuffler } from 'd3-array';
import type { DemonstratedCodes } from '../phases/demonstrated-codes.js';

/** Codes that are asked about one. */
export const NEIGHBOURS = 10;
/** Codes asked about at most: each is compared with all known ones. */
const ASKED = 1000;

type Vector = readonly number[];

export interface Told {
  readonly by: string;
  readonly switches: number;
  /** Share of legs whose colour is that of most neighbours. */
  readonly colour: number | null;
  /** Share of variance that the neighbours' mean explains; below zero where it is worse than the mean of all. */
  readonly to: number | null;
  readonly from: number | null;
  readonly way: number | null;
}

/** The nearest of `known` to row `row` of `vectors`. */
function neighbours(vectors: readonly Vector[], row: number, known: readonly number[]): number[] {
  const distance = (other: number): number => vectors[row].reduce((sum, x, i) => sum + (x - vectors[other][i]) ** 2, 0);
  return known
    .map((other) => [distance(other), other] as const)
    .sort(([a], [b]) => a - b)
    .slice(0, NEIGHBOURS)
    .map(([, other]) => other);
}

/** R² of the means over each asked row's neighbours. */
function explained(targets: readonly Vector[], asked: readonly number[], near: readonly (readonly number[])[]): number {
  const over = (rows: readonly number[], k: number): number => mean(rows, (row) => targets[row][k]) ?? 0;
  const axes = targets[0].map((_, k) => ({
    left: asked.reduce((sum, row, i) => sum + (targets[row][k] - over(near[i], k)) ** 2, 0),
    all: asked.reduce((sum, row) => sum + (targets[row][k] - over(asked, k)) ** 2, 0),
  }));
  return 1 - axes.reduce((sum, { left }) => sum + left, 0) / axes.reduce((sum, { all }) => sum + all, 0);
}

function toldBy(by: string, vectors: readonly Vector[], { colours, from, to }: DemonstratedCodes): Told {
  const switches = vectors.length;
  // Fewer say nothing.
  if (switches < 4 * NEIGHBOURS) return { by, switches, colour: null, to: null, from: null, way: null };
  // Episodes lie sorted by length: neither half, nor the first of equally near ones, may be the short ones.
  const random = new HostRandom(0);
  const rows = shuffler(() => random.uniform())([...vectors.keys()]);
  const known = rows.slice(0, switches >> 1);
  const asked = rows.slice(switches >> 1).slice(0, ASKED);
  const near = asked.map((row) => neighbours(vectors, row, known));
  const most = (members: readonly number[]): number | undefined =>
    greatest(
      rollups(
        members,
        (own) => own.length,
        (row) => colours[row],
      ),
      ([, count]) => count,
    )?.[0];
  const colour = asked.filter((row, i) => most(near[i]) === colours[row]).length / asked.length;
  if (from.length === 0) return { by, switches, colour, to: null, from: null, way: null };
  const way = from.map((place, row) => place.map((x, k) => to[row][k] - x));
  return {
    by,
    switches,
    colour,
    to: explained(to, asked, near),
    from: explained(from, asked, near),
    way: explained(way, asked, near),
  };
}

/** What the codes tell, and what the cell they begin in does without them. */
export function whatCodesTell(held: DemonstratedCodes): Told[] {
  return [toldBy('code', held.codes, held), ...(held.from.length > 0 ? [toldBy('cell begun in', held.from, held)] : [])];
}
