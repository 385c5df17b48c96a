/** Windows that move over images, [batch, height, width, channels]. */
import { ShapeError } from '../errors.js';

/** One number for both axes, or one for each: along the height, along the width. */
export type Pair = number | readonly [number, number];

export interface Window {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
}

/** Both numbers, whole and at least `least`. @throws ShapeError where they are not. */
export function pairOf(name: string, what: string, pair: Pair, least: number): readonly [number, number] {
  const both: readonly [number, number] = typeof pair === 'number' ? [pair, pair] : pair;
  if (both.length !== 2 || !both.every((n) => Number.isInteger(n) && n >= least))
    throw new ShapeError(name, `${what} ${both}`, `whole numbers from ${least} on, one or two`);
  return both;
}

/** How far a window reaches along an axis. */
const reach = ({ kernel, dilation }: Window, axis: 0 | 1): number => dilation[axis] * (kernel[axis] - 1) + 1;

/** Steps that a window has in an image of a size. @throws ShapeError where it does not fit in. */
export function stepsOf(name: string, size: readonly [number, number], window: Window): [number, number] {
  const along = (axis: 0 | 1): number =>
    Math.floor((size[axis] + 2 * window.padding[axis] - reach(window, axis)) / window.stride[axis]) + 1;
  const steps: [number, number] = [along(0), along(1)];
  if (steps.some((n) => n < 1))
    throw new ShapeError(name, `an image of ${size.join(' × ')}`, `one that a window of ${reach(window, 0)} × ${reach(window, 1)} fits in`);
  return steps;
}

/** The size of the image over which a window has so many steps, and `extra` places that it does not reach. */
export function imageOf(
  name: string,
  steps: readonly [number, number],
  window: Window,
  extra: readonly [number, number],
): [number, number] {
  const along = (axis: 0 | 1): number =>
    (steps[axis] - 1) * window.stride[axis] + reach(window, axis) - 2 * window.padding[axis] + extra[axis];
  const size: [number, number] = [along(0), along(1)];
  if (size.some((n) => n < 1)) throw new ShapeError(name, `padding ${window.padding}`, 'less than leaves nothing of the image');
  return size;
}
