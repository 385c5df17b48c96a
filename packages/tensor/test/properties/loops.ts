/** Plain loops that several references share. */
import type { Host } from './host.js';
import { sizeOf } from './host.js';
import type { Expected } from './row.js';

export const expected = (shape: readonly number[], value: (i: number) => number, magnitude?: (i: number) => number): Expected => {
  const made = (of: (i: number) => number): Float64Array => Float64Array.from({ length: sizeOf(shape) }, (_, i) => of(i));
  return { shape, values: made(value), ...(magnitude ? { magnitude: made(magnitude) } : {}) };
};

/** numpy's broadcast shape. */
export function broadcast(...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) => {
    const lengths = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const wide = lengths.find((n) => n !== 1) ?? 1;
    if (lengths.some((n) => n !== 1 && n !== wide)) throw new RangeError(`${lengths} do not broadcast`);
    return wide;
  });
}

/** Places along each axis of element `i`. */
export function placesOf(shape: readonly number[], i: number): number[] {
  const places = new Array<number>(shape.length);
  let rest = i;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    places[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  return places;
}

/** The element of `host` at places of a shape that it broadcasts to. */
export function elementAt({ shape, data }: Host, places: readonly number[]): number {
  let at = 0;
  shape.forEach((n, axis) => {
    at = at * n + (n === 1 ? 0 : places[places.length - shape.length + axis]);
  });
  return data[at];
}

/** |x|, 0 where x is not finite: what sums' errors are relative to. */
export const finite = (x: number): number => (Number.isFinite(x) ? Math.abs(x) : 0);

/** Sum of `length` terms and of their absolute values. */
export function sums(length: number, term: (k: number) => number): readonly [sum: number, magnitude: number] {
  let [sum, magnitude] = [0, 0];
  for (let k = 0; k < length; k++) {
    const value = term(k);
    sum += value;
    magnitude += finite(value);
  }
  return [sum, magnitude];
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
export const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
