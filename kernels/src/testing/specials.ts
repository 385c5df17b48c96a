/** Test-only: NaN, infinities and numbers at the ends of f32, and how a result is held against float64 there. */

/** NaN, ±∞, ±0, the ends of the normal numbers, numbers at which exp leaves f32, and plain ones. */
export const SPECIALS: readonly number[] = [
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1.2e-38, -1.2e-38, 3e38, -3e38],
  ...[1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 20.5, -20.5, 80, -80, 89, -89, 104, -104, 1e4, -1e4, 1e19, -1e19],
];

/** Smallest normal f32: below it an adapter may give 0. */
const SMALLEST_NORMAL = 1.1754944e-38;
const GREATEST = 3.4028234663852886e38;

export interface Tolerance {
  readonly relative?: number;
  readonly absolute?: number;
}

/**
 * What is wrong with a result, or nothing: NaN for NaN, the same infinity, or within the tolerance; what is not normal
 * may be 0.
 */
export function mismatch(out: number, reference: number, { relative = 1e-5, absolute = 0 }: Tolerance = {}): string | undefined {
  const says = `${out}, expected ${Math.fround(reference)}`;
  if (Number.isNaN(reference)) return Number.isNaN(out) ? undefined : says;
  if (Number.isNaN(out)) return says;
  const bound = Math.abs(reference) * relative + Math.max(absolute, SMALLEST_NORMAL);
  if (Math.abs(reference) > GREATEST * (1 - relative)) {
    // At the edge rounding decides whether it is the greatest number or infinite.
    const beyond = Math.abs(reference) > GREATEST * (1 + relative);
    if (out === Math.sign(reference) * Number.POSITIVE_INFINITY) return undefined;
    return !beyond && Math.abs(out - reference) <= bound ? undefined : says;
  }
  return Math.abs(out - reference) <= bound ? undefined : says;
}

/** Every element that `mismatch` finds fault with, by what it came of; empty where all are right. */
export function mismatches(
  out: ArrayLike<number>,
  reference: ArrayLike<number>,
  of: (i: number) => string = String,
  tolerance: Tolerance | ((i: number) => Tolerance) = {},
): string[] {
  if (out.length !== reference.length) throw new Error(`lengths differ: ${out.length} and ${reference.length}`);
  return Array.from({ length: out.length }, (_, i) => {
    const fault = mismatch(out[i], reference[i], typeof tolerance === 'function' ? tolerance(i) : tolerance);
    return fault === undefined ? [] : [`${of(i)}: ${fault}`];
  }).flat();
}
