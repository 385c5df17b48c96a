/** Extremes, truths, variances and log-sum-exp along an axis; sorts. */
import type { Tensor } from '../../src/index.js';
import * as ops from '../../src/ops/index.js';
import type { Draw } from './draw.js';
import { anything } from './elementwise.js';
import { type Host, sizeOf } from './host.js';
import { expected, finite, sums } from './loops.js';
import { around } from './reductions.js';
import { type Expected, type Row, type Rows, row } from './row.js';

type Along = { readonly x: Host; readonly axis: number | undefined };

/** Long axes now and then: they have two stages. */
const shapeOf = (draw: Draw, least: number): number[] => {
  const shape = draw.integer(0, 9) === 0 ? [draw.pick([1, 3]), draw.pick([257, 1031])] : draw.shape(1, 4);
  return shape.map((n) => Math.max(n, least));
};
const axisIn = (draw: Draw, shape: readonly number[]): number | undefined =>
  draw.integer(0, 3) === 0 ? undefined : draw.integer(-shape.length, shape.length - 1);

/** Every line of x along the axis, and the shape of one number for each. */
function lines({ x, axis }: Along): { readonly shape: readonly number[]; readonly line: (i: number) => number[] } {
  const [, length, inner] = around(x, axis);
  const at = axis === undefined ? undefined : axis < 0 ? axis + x.shape.length : axis;
  const shape = at === undefined ? [1] : x.shape.filter((_, i) => i !== at);
  const line = (i: number): number[] =>
    Array.from({ length }, (_, k) => x.data[(Math.floor(i / inner) * length + k) * inner + (i % inner)]);
  return { shape, line };
}

function folded(given: Along, f: (line: readonly number[]) => number, magnitude?: (line: readonly number[]) => number): Expected {
  const { shape, line } = lines(given);
  return expected(shape, (i) => f(line(i)), magnitude && ((i) => magnitude(line(i))));
}

const fold = (
  apply: (x: Tensor, axis?: number) => Tensor,
  f: (line: readonly number[]) => number,
  { least, gradients, f32 }: { readonly least: number; readonly gradients: readonly string[]; readonly f32?: boolean },
  more: Partial<Row<Along>> = {},
): Row =>
  row<Along>({
    tolerance: 0,
    gradients,
    ...(f32 ? {} : { anyDtype: ['x'] }),
    draw: (draw) => {
      const shape = shapeOf(draw, least);
      return { x: f32 ? draw.f32(shape, 'special') : anything(draw, shape), axis: axisIn(draw, shape) };
    },
    run: ({ x, axis }) => ({ out: apply(x, axis) }),
    reference: (given) => ({ out: folded(given, f) }),
    mistakes: { 'an axis past the last': ({ x }) => ({ x, axis: x.shape.length }) },
    ...more,
  });

/** NaN above all others, as sorts and extremes have it. */
const key = (x: number): number => (Number.isNaN(x) ? Number.POSITIVE_INFINITY : x);
const isLess = (a: number, b: number): boolean => (Number.isNaN(b) ? !Number.isNaN(a) : !Number.isNaN(a) && key(a) < key(b));

/** The first place of which no other is better. */
const place = (line: readonly number[], better: (a: number, b: number) => boolean): number =>
  line.reduce((best, x, i) => (better(x, line[best]) ? i : best), 0);
const firstNan = (line: readonly number[], otherwise: number): number => {
  const at = line.findIndex(Number.isNaN);
  return at < 0 ? otherwise : at;
};

function logSum(line: readonly number[]): number {
  if (line.some(Number.isNaN)) return Number.NaN;
  const highest = Math.max(...line);
  if (!Number.isFinite(highest)) return highest;
  return highest + Math.log(line.reduce((sum, x) => sum + Math.exp(x - highest), 0));
}

const varianceOf = (line: readonly number[], correction: number): number => {
  const mean = sums(line.length, (k) => line[k])[0] / line.length;
  return sums(line.length, (k) => (line[k] - mean) ** 2)[0] / (line.length - correction);
};
/** Squares as large as variances can be of such numbers: what rounding of the mean is relative to. */
const roundingOf = (line: readonly number[]): number => Math.max(...line.map(finite)) ** 2;

type Moment = Along & { readonly correction: number };
const moment = (apply: (x: Tensor, axis?: number, correction?: number) => Tensor, of: (variance: number) => number): Row =>
  row<Moment>({
    tolerance: 4e-6,
    floor: 1e-6,
    gradients: ['x'],
    draw: (draw) => {
      const correction = draw.integer(0, 1);
      const shape = shapeOf(draw, 2);
      return { x: draw.f32(shape, 'special'), axis: axisIn(draw, shape), correction };
    },
    run: ({ x, axis, correction }) => ({ out: apply(x, axis, correction) }),
    reference: ({ correction, ...given }) => {
      const { shape, line } = lines(given);
      return {
        out: expected(
          shape,
          (i) => of(varianceOf(line(i), correction)),
          (i) => Math.max(roundingOf(line(i)), 1e-3),
        ),
      };
    },
    mistakes: { 'a correction of all there is': (given) => ({ ...given, correction: sizeOf(given.x.shape) }) },
  });

/** Places in order along the axis, stable. */
function order(line: readonly number[], descending: boolean): number[] {
  const places = line.map((_, i) => i);
  return places.sort((a, b) => {
    const [first, second] = descending ? [line[b], line[a]] : [line[a], line[b]];
    return isLess(first, second) ? -1 : isLess(second, first) ? 1 : a - b;
  });
}

type Sorted = { readonly x: Host; readonly axis: number; readonly descending: boolean };

/** The first `keep` of each line in order: values and where they were. */
function sorted({ x, axis, descending }: Sorted, keep?: number): { readonly values: Expected; readonly indices: Expected } {
  const at = axis < 0 ? axis + x.shape.length : axis;
  const [, length, inner] = around(x, axis);
  const kept = keep ?? length;
  const shape = x.shape.map((n, i) => (i === at ? kept : n));
  const { line } = lines({ x, axis });
  const known = new Map<number, number[]>();
  const indexAt = (i: number): number => {
    const [outer, rest] = [Math.floor(i / (kept * inner)), i % (kept * inner)];
    const number = outer * inner + (rest % inner);
    if (!known.has(number)) known.set(number, order(line(number), descending));
    return (known.get(number) as number[])[Math.floor(rest / inner)];
  };
  const valueAt = (i: number): number => {
    const [outer, rest] = [Math.floor(i / (kept * inner)), i % (kept * inner)];
    return line(outer * inner + (rest % inner))[indexAt(i)];
  };
  return { values: expected(shape, valueAt), indices: expected(shape, indexAt) };
}

function drawSorted(draw: Draw): Sorted {
  const shape = draw.integer(0, 9) === 0 ? [draw.pick([1, 2]), draw.pick([63, 130, 300])] : draw.shape(1, 4);
  return { x: anything(draw, shape), axis: draw.integer(-shape.length, shape.length - 1), descending: draw.bool() };
}
const pastLast = <A extends { readonly x: Host }>(given: A): A => ({ ...given, axis: given.x.shape.length });

export const folds: Rows = {
  max: fold(
    ops.max,
    (line) =>
      line[
        firstNan(
          line,
          place(line, (a, b) => a > b),
        )
      ],
    { least: 1, gradients: ['x'] },
  ),
  min: fold(
    ops.min,
    (line) =>
      line[
        firstNan(
          line,
          place(line, (a, b) => a < b),
        )
      ],
    { least: 1, gradients: ['x'] },
  ),
  argmax: fold(
    ops.argmax,
    (line) =>
      firstNan(
        line,
        place(line, (a, b) => a > b),
      ),
    { least: 1, gradients: [] },
  ),
  argmin: fold(
    ops.argmin,
    (line) =>
      firstNan(
        line,
        place(line, (a, b) => a < b),
      ),
    { least: 1, gradients: [] },
  ),
  any: fold(ops.any, (line) => Number(line.some((x) => x !== 0)), { least: 0, gradients: [] }),
  all: fold(ops.all, (line) => Number(line.every((x) => x !== 0)), { least: 0, gradients: [] }),
  logSumExp: fold(ops.logSumExp, logSum, { least: 0, gradients: ['x'], f32: true }, { tolerance: 2e-6, floor: 2e-6 }),
  variance: moment(ops.variance, (x) => x),
  standardDeviation: moment(ops.standardDeviation, Math.sqrt),
  sort: row<Sorted>({
    tolerance: 0,
    gradients: ['x'],
    anyDtype: ['x'],
    draw: drawSorted,
    run: ({ x, axis, descending }) => ({ ...ops.sort(x, axis, descending) }),
    reference: (given) => sorted(given),
    mistakes: { 'an axis past the last': pastLast },
  }),
  argsort: row<Sorted>({
    tolerance: 0,
    gradients: [],
    anyDtype: ['x'],
    draw: drawSorted,
    run: ({ x, axis, descending }) => ({ indices: ops.argsort(x, axis, descending) }),
    reference: (given) => ({ indices: sorted(given).indices }),
    mistakes: { 'an axis past the last': pastLast },
  }),
  topK: row<Sorted & { readonly k: number }>({
    tolerance: 0,
    gradients: ['x'],
    anyDtype: ['x'],
    draw: (draw) => {
      const given = drawSorted(draw);
      return { ...given, k: draw.integer(0, given.x.shape.at(given.axis) as number) };
    },
    run: ({ x, axis, descending, k }) => ({ ...ops.topK(x, k, axis, !descending) }),
    reference: ({ k, ...given }) => sorted(given, k),
    mistakes: { 'more than there are': (given) => ({ ...given, k: (given.x.shape.at(given.axis) as number) + 1 }) },
  }),
};
