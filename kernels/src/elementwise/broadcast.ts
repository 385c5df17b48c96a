/** Numpy's broadcasting rules, and the folding of any number of axes into the four a kernel walks. */
import { type AdapterTraits, type Grid, linearGrid } from '../declaration.js';

/** Dimensions of the result, outermost first, and the strides of both operands; see `BinaryShape`. */
export type BroadcastFields = {
  readonly n0: number;
  readonly n1: number;
  readonly n2: number;
  readonly n3: number;
  readonly a0: number;
  readonly a1: number;
  readonly a2: number;
  readonly a3: number;
  readonly b0: number;
  readonly b1: number;
  readonly b2: number;
  readonly b3: number;
};

/**
 * The shape two operands broadcast to: aligned at the last axis, an axis of 1 stretches.
 * @throws RangeError naming both shapes where they do not fit.
 */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) throw new RangeError(`shapes [${a}] and [${b}] do not broadcast together`);
    return left === 1 ? right : left;
  });
}

/** Row-major strides of `shape` seen as `target`: 0 along the axes it is stretched over. */
function stretchedStrides(shape: readonly number[], target: readonly number[]): number[] {
  const strides = new Array<number>(target.length).fill(0);
  let stride = 1;
  for (let axis = target.length - 1; axis >= target.length - shape.length; axis--) {
    const size = shape[axis - target.length + shape.length];
    if (size !== 1) strides[axis] = stride;
    stride *= size;
  }
  return strides;
}

/**
 * Fields of a launch over `target` (see `broadcastShape`) for operands of shapes `a` and `b`. Neighbouring axes that both
 * operands walk alike become one, so same-shape operands are always one long axis.
 * @throws RangeError where more than four axes remain.
 */
export function broadcastFields(a: readonly number[], b: readonly number[]): BroadcastFields {
  const target = broadcastShape(a, b);
  const aStrides = stretchedStrides(a, target);
  const bStrides = stretchedStrides(b, target);
  const axes: { n: number; a: number; b: number }[] = [];
  target.forEach((n, axis) => {
    if (n === 1) return;
    const outer = axes.at(-1);
    const next = { n, a: aStrides[axis], b: bStrides[axis] };
    if (outer && outer.a === next.a * n && outer.b === next.b * n) axes[axes.length - 1] = { ...next, n: n * outer.n };
    else axes.push(next);
  });
  if (axes.length > 4) throw new RangeError(`shapes [${a}] and [${b}] need ${axes.length} separate axes, at most 4 are supported`);
  // A single element: both operands are plain, whatever their rank.
  if (axes.length === 0) axes.push({ n: 1, a: 1, b: 1 });
  while (axes.length < 4) axes.unshift({ n: 1, a: 0, b: 0 });
  const [x0, x1, x2, x3] = axes;
  return { n0: x0.n, n1: x1.n, n2: x2.n, n3: x3.n, a0: x0.a, a1: x1.a, a2: x2.a, a3: x3.a, b0: x0.b, b1: x1.b, b2: x2.b, b3: x3.b };
}

/**
 * How many workgroups walk `rows` rows of `width` items, of how many lanes each: along the row first, then over shares of
 * the rows. On a software adapter few that loop, as in `stridedGrid`.
 */
export function rowGroups(width: number, rows: number, { family }: AdapterTraits): { readonly workgroup: number; readonly grid: Grid } {
  if (family === 'gpu') {
    const workgroup = [8, 16, 32].find((lanes) => width <= lanes) ?? 64;
    return { workgroup, grid: linearGrid(Math.ceil(width / workgroup) * Math.ceil(rows / 4), 1) };
  }
  const workgroup = 8;
  const groups = Math.max(1, Math.min(64, Math.ceil((rows * width) / 512)));
  const pieces = Math.min(Math.ceil(width / workgroup), groups);
  return { workgroup, grid: [pieces * Math.max(1, Math.min(rows, Math.floor(groups / pieces))), 1, 1] };
}

/** Whether rows are wide enough to take four elements at a time, and every stride and offset allows it. */
export const takesFours = (width: number, ...strides: number[]): boolean => width >= 32 && [width, ...strides].every((n) => n % 4 === 0);
