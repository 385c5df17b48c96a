/** Whether a result is the reference's: element by element, NaN for NaN, infinity for the same infinity. */
import { SMALLEST } from './host.js';
import type { Expected } from './row.js';

/** The largest f32, and what rounds to infinity. */
const LARGEST = 3.4028234663852886e38;

/** Whether one element is right. */
export function isRight(got: number, expected: number, magnitude: number | undefined, tolerance: number, floor = SMALLEST): boolean {
  const scale = magnitude ?? Math.abs(expected);
  // Terms that overflow, of one sign or of both.
  const overflows = magnitude !== undefined && !(magnitude < LARGEST);
  if (overflows && !Number.isFinite(got)) return true;
  if (Number.isNaN(expected)) return Number.isNaN(got);
  if (!Number.isFinite(expected)) return got === expected;
  if (!Number.isFinite(got))
    return Math.abs(expected) * (1 + tolerance) >= LARGEST && got === Math.sign(expected) * Number.POSITIVE_INFINITY;
  if (Math.abs(expected) > LARGEST * (1 + tolerance)) return false;
  return Math.abs(got - expected) <= tolerance * scale + floor;
}

/** The first element that is wrong, in words; nothing where all are right by one of the references. */
export function firstWrong(
  name: string,
  got: ArrayLike<number>,
  references: readonly Expected[],
  { tolerance, floor }: { readonly tolerance: number; readonly floor?: number },
): string | undefined {
  const [first] = references;
  if (got.length !== first.values.length) return `${name} has ${got.length} elements, the reference ${first.values.length}`;
  for (let i = 0; i < got.length; i++) {
    if (references.some(({ values, magnitude }) => isRight(got[i], values[i], magnitude?.[i], tolerance, floor))) continue;
    return `${name}[${i}] is ${got[i]}, the reference ${references.map(({ values }) => values[i]).join(' or ')}`;
  }
  return undefined;
}
