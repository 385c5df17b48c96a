/** Numpy's broadcasting rules, and the folding of any number of axes into the four a kernel walks. */
import { type AdapterTraits, type Grid, linearGrid } from '../declaration.js';

/**
 * n0…n3: dimensions of the result, outermost first; and by operand and axis, such as a0…a3, strides in elements, 0 to
 * broadcast.
 */
export type OperandFields<Operand extends string = string> = { readonly [field in `${'n' | Operand}${0 | 1 | 2 | 3}`]: number };

/** `OperandFields` of two operands. */
export type BroadcastFields = OperandFields<'a' | 'b'>;

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
 * Fields of a launch over the shape that all operands broadcast to. Neighbouring axes that all operands walk alike
 * become one, so same-shape operands are always one long axis.
 * @param operands their shapes by the names of their buffers.
 * @throws RangeError where they do not broadcast together, or more than four axes remain.
 */
export function operandFields<Operand extends string>(operands: Readonly<Record<Operand, readonly number[]>>): OperandFields<Operand> {
  const names = Object.keys(operands) as Operand[];
  const shapes = names.map((name) => operands[name]);
  const target = shapes.reduce(broadcastShape);
  const strides = shapes.map((shape) => stretchedStrides(shape, target));
  const axes: { n: number; strides: number[] }[] = [];
  target.forEach((n, axis) => {
    if (n === 1) return;
    const outer = axes.at(-1);
    const next = strides.map((all) => all[axis]);
    if (outer?.strides.every((stride, k) => stride === next[k] * n)) axes[axes.length - 1] = { n: n * outer.n, strides: next };
    else axes.push({ n, strides: next });
  });
  const listed = shapes.map((shape) => `[${shape}]`).join(' and ');
  if (axes.length > 4) throw new RangeError(`shapes ${listed} need ${axes.length} separate axes, at most 4 are supported`);
  // A single element: all operands are plain, whatever their rank.
  if (axes.length === 0) axes.push({ n: 1, strides: names.map(() => 1) });
  while (axes.length < 4) axes.unshift({ n: 1, strides: names.map(() => 0) });
  const fields = axes.flatMap((folded, axis) => [[`n${axis}`, folded.n], ...names.map((name, k) => [`${name}${axis}`, folded.strides[k]])]);
  return Object.fromEntries(fields) as OperandFields<Operand>;
}

/** `operandFields` of two operands. */
export const broadcastFields = (a: readonly number[], b: readonly number[]): BroadcastFields => operandFields({ a, b });

/**
 * How many workgroups walk `rows` rows of `width` items, of how many lanes each: along the row first, then over shares
 * of the rows. On a software adapter few that loop, as in `stridedGrid`.
 */
export function rowGroups(width: number, rows: number, { family }: AdapterTraits): { readonly workgroup: number; readonly grid: Grid } {
  if (family === 'gpu') {
    const workgroup = [8, 16, 32].find((lanes) => width <= lanes) ?? 64;
    return { workgroup, grid: linearGrid(Math.ceil(width / workgroup) * Math.ceil(rows / 4), 1) };
  }
  const workgroup = 8;
  const groups = Math.max(1, Math.min(64, Math.ceil((rows * width) / 512)));
  const pieces = Math.max(1, Math.min(Math.ceil(width / workgroup), groups));
  return { workgroup, grid: [pieces * Math.max(1, Math.min(rows, Math.floor(groups / pieces))), 1, 1] };
}

/** Whether rows are wide enough to take four elements at a time, and every stride and offset allows it. */
export const takesFours = (width: number, ...strides: number[]): boolean => width >= 32 && [width, ...strides].every((n) => n % 4 === 0);
