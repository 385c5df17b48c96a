/** Axes in another order, backwards, in steps, repeated, padded, split and stacked; elements by their places. */
import type { Tensor } from '../../src/index.js';
import * as ops from '../../src/ops/index.js';
import type { Draw } from './draw.js';
import { anything, DTYPES } from './elementwise.js';
import { type Host, sizeOf } from './host.js';
import { expected, finite, placesOf } from './loops.js';
import { type Expected, type Row, type Rows, row } from './row.js';

const fromZero = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);
const axisIn = (draw: Draw, shape: readonly number[]): number => draw.integer(-shape.length, shape.length - 1);

/** The element of x at places, one for each of its axes. */
function at({ shape, data }: Host, places: readonly number[]): number {
  return data[places.reduce((sum, place, axis) => sum * shape[axis] + place, 0)];
}

/** A result of this shape whose elements are those of x at `from` of their places. */
const moved = (x: Host, shape: readonly number[], from: (places: number[]) => readonly number[]): Expected =>
  expected(shape, (i) => at(x, from(placesOf(shape, i))));

type Moved = { readonly x: Host } & { readonly [name: string]: Host | number | readonly number[] };

/** An operation on one tensor of any dtype whose elements it moves. */
const move = <A extends Moved>(
  draw: (draw: Draw, x: Host) => Omit<A, 'x'>,
  run: (given: { readonly [K in keyof A]: A[K] extends Host ? Tensor : A[K] }) => Tensor,
  reference: (given: A) => Expected,
  more: Partial<Row<A>> = {},
): Row =>
  row<A>({
    tolerance: 0,
    gradients: ['x'],
    anyDtype: ['x'],
    draw: (drawn) => {
      const x = anything(drawn, drawn.shape(1, 4));
      return { x, ...draw(drawn, x) } as A;
    },
    run: (given) => ({ out: run(given as never) }),
    reference: (given) => ({ out: reference(given) }),
    ...more,
  });

type WithAxis = { readonly x: Host; readonly axis: number };
type WithCounts = { readonly x: Host; readonly counts: readonly number[] };
const padLeft = (list: readonly number[], rank: number, value: number): number[] => [
  ...new Array<number>(rank - list.length).fill(value),
  ...list,
];

const repeated = (
  apply: (x: Tensor, counts: readonly number[]) => Tensor,
  source: (place: number, length: number, count: number) => number,
): Row =>
  move<WithCounts>(
    (draw, x) => ({ counts: Array.from({ length: draw.integer(0, x.shape.length) }, () => draw.pick([1, 1, 2, 3, 0])) }),
    ({ x, counts }) => apply(x, counts),
    ({ x, counts }) => {
      const whole = padLeft(counts, x.shape.length, 1);
      const shape = x.shape.map((n, i) => n * whole[i]);
      return moved(x, shape, (places) => places.map((place, axis) => source(place, x.shape[axis], whole[axis])));
    },
  );

type Strided = WithAxis & { readonly from: number; readonly to: number; readonly step: number };
type Placed = { readonly x: Host; readonly index: Host; readonly axis: number };

/** What stands for an element that there is none of. */
const missing = ({ dtype }: Host): number => (dtype === 'f32' ? Number.NaN : 0);

function drawStrided(draw: Draw, x: Host): Omit<Strided, 'x'> {
  const axis = axisIn(draw, x.shape);
  const length = x.shape.at(axis) as number;
  const [step, count] = [draw.pick([1, 2, 3, -1, -2]), draw.integer(0, length)];
  const fitting = Math.min(count, Math.ceil(length / Math.abs(step)));
  const from = step > 0 ? draw.integer(0, length - Math.max(0, (fitting - 1) * step + (fitting > 0 ? 1 : 0))) : length - 1;
  return { axis, from, to: from + fitting * step, step };
}

const plainViews: Rows = {
  permute: move<{ x: Host; order: readonly number[] }>(
    (draw, x) => ({ order: draw.permutation(x.shape.length).map((axis) => (draw.bool() ? axis : axis - x.shape.length)) }),
    ({ x, order }) => ops.permute(x, order),
    ({ x, order }) => {
      const axes = order.map((axis) => fromZero(axis, x.shape.length));
      return moved(
        x,
        axes.map((axis) => x.shape[axis]),
        (places) => x.shape.map((_, i) => places[axes.indexOf(i)]),
      );
    },
    { mistakes: { 'an axis twice': (given) => ({ ...given, order: [0, 0] }) } },
  ),
  transpose: move<{ x: Host; a: number; b: number }>(
    (draw, x) => ({ a: axisIn(draw, x.shape), b: axisIn(draw, x.shape) }),
    ({ x, a, b }) => ops.transpose(x, a, b),
    ({ x, a, b }) => {
      const [first, second] = [fromZero(a, x.shape.length), fromZero(b, x.shape.length)];
      const exchanged = <T>(list: readonly T[]): T[] => list.map((_, i) => list[i === first ? second : i === second ? first : i]);
      return moved(x, exchanged(x.shape), exchanged);
    },
  ),
  flip: move<{ x: Host; axes: readonly number[] }>(
    (draw, x) => ({ axes: Array.from({ length: draw.integer(0, 2) }, () => axisIn(draw, x.shape)) }),
    ({ x, axes }) => ops.flip(x, ...axes),
    ({ x, axes }) => {
      const flipped = axes.map((axis) => fromZero(axis, x.shape.length));
      const back = (i: number): boolean => axes.length === 0 || flipped.includes(i);
      return moved(x, x.shape, (places) => places.map((place, i) => (back(i) ? x.shape[i] - 1 - place : place)));
    },
  ),
  stridedSlice: move<Strided>(
    drawStrided,
    ({ x, axis, from, to, step }) => ops.stridedSlice(x, axis, from, to, step),
    ({ x, axis, from, to, step }) => {
      const along = fromZero(axis, x.shape.length);
      const length = Math.max(0, Math.ceil((to - from) / step));
      const shape = x.shape.map((n, i) => (i === along ? length : n));
      return moved(x, shape, (places) => places.map((place, i) => (i === along ? from + place * step : place)));
    },
    { mistakes: { 'a step of 0': (given) => ({ ...given, step: 0 }) } },
  ),
  tile: repeated(ops.tile, (place, length) => place % length),
  repeat: repeated(ops.repeat, (place, _, count) => Math.floor(place / count)),
  unsqueeze: move<WithAxis>(
    (draw, x) => ({ axis: draw.integer(-x.shape.length - 1, x.shape.length) }),
    ({ x, axis }) => ops.unsqueeze(x, axis),
    ({ x, axis }) => {
      const along = fromZero(axis, x.shape.length + 1);
      return expected([...x.shape.slice(0, along), 1, ...x.shape.slice(along)], (i) => x.data[i]);
    },
  ),
  squeeze: move<{ x: Host; axis: number | undefined } & Moved>(
    (draw, x) => ({ axis: x.shape.includes(1) && draw.bool() ? x.shape.indexOf(1) : undefined }) as never,
    ({ x, axis }) => ops.squeeze(x, axis as never),
    ({ x, axis }) => {
      if (axis !== undefined && x.shape.at(axis) !== 1) throw new RangeError('a longer axis');
      const along = axis === undefined ? undefined : fromZero(axis, x.shape.length);
      return expected(
        x.shape.filter((n, i) => (along === undefined ? n !== 1 : i !== along)),
        (i) => x.data[i],
      );
    },
  ),
  pad: move<{ x: Host; margins: readonly number[]; value: number }>(
    (draw, x) => {
      const padded = draw.integer(0, x.shape.length);
      const lengths = x.shape.slice(x.shape.length - padded);
      return {
        margins: lengths.flatMap((n) => [draw.integer(-Math.floor(n / 2), 3), draw.integer(-Math.floor(n / 2), 3)]),
        value: x.dtype === 'f32' ? draw.pick([0, 1.5, Number.NaN, Number.NEGATIVE_INFINITY]) : draw.integer(0, 7),
      };
    },
    ({ x, margins, value }) => {
      const pairs = Array.from({ length: margins.length / 2 }, (_, i) => [margins[2 * i], margins[2 * i + 1]] as const);
      return ops.pad(x, pairs, value);
    },
    ({ x, margins, value }) => {
      const first = x.shape.length - margins.length / 2;
      const before = (axis: number): number => (axis < first ? 0 : margins[2 * (axis - first)]);
      const after = (axis: number): number => (axis < first ? 0 : margins[2 * (axis - first) + 1]);
      const shape = x.shape.map((n, axis) => n + before(axis) + after(axis));
      return expected(shape, (i) => {
        const places = placesOf(shape, i).map((place, axis) => place - before(axis));
        return places.every((place, axis) => place >= 0 && place < x.shape[axis]) ? at(x, places) : value;
      });
    },
    { mistakes: { 'more margins than axes': (given) => ({ ...given, margins: new Array<number>(2 * given.x.shape.length + 2).fill(1) }) } },
  ),
};

const lists: Rows = {
  stack: row<{ list: readonly Host[]; axis: number }>({
    tolerance: 0,
    gradients: ['list'],
    anyDtype: ['list'],
    draw: (draw) => {
      const [shape, dtype] = [draw.shape(0, 3), draw.pick(DTYPES)];
      const list = Array.from({ length: draw.integer(1, 4) }, () => anything(draw, shape, dtype));
      return { list, axis: draw.integer(-shape.length - 1, shape.length) };
    },
    run: ({ list, axis }) => ({ out: ops.stack(list, axis) }),
    reference: ({ list, axis }) => {
      const [first] = list;
      if (list.some(({ shape }) => `${shape}` !== `${first.shape}`)) throw new RangeError('other shapes');
      const along = fromZero(axis, first.shape.length + 1);
      const shape = [...first.shape.slice(0, along), list.length, ...first.shape.slice(along)];
      return {
        out: expected(shape, (i) => {
          const places = placesOf(shape, i);
          return at(list[places[along]], [...places.slice(0, along), ...places.slice(along + 1)]);
        }),
      };
    },
  }),
  split: row<{ x: Host; lengths: readonly number[] | number; axis: number }>({
    tolerance: 0,
    gradients: ['x'],
    anyDtype: ['x'],
    draw: (draw) => {
      const x = anything(draw, draw.shape(1, 3));
      const axis = axisIn(draw, x.shape);
      const total = x.shape.at(axis) as number;
      const cut = draw.integer(0, total);
      return { x, axis, lengths: draw.bool() ? draw.integer(1, 4) : [cut, total - cut] };
    },
    run: ({ x, lengths, axis }) =>
      Object.fromEntries(ops.split(x, lengths as number | number[], axis).map((piece, i) => [`piece${i}`, piece])),
    reference: ({ x, lengths, axis }) => {
      const along = fromZero(axis, x.shape.length);
      const total = x.shape[along];
      const even = (n: number): number[] => Array.from({ length: Math.ceil(total / n) }, (_, i) => Math.min(n, total - i * n));
      const pieces = typeof lengths === 'number' ? even(lengths) : lengths;
      let from = 0;
      const made = pieces.map((length, piece) => {
        const start = from;
        from += length;
        const shape = x.shape.map((n, i) => (i === along ? length : n));
        return [`piece${piece}`, moved(x, shape, (places) => places.map((place, i) => (i === along ? place + start : place)))] as const;
      });
      return Object.fromEntries(made);
    },
    mistakes: { 'lengths that do not add up': (given) => ({ ...given, lengths: [(given.x.shape.at(given.axis) as number) + 1] }) },
  }),
};

const places: Rows = {
  takeAlongAxis: row<Placed>({
    tolerance: 0,
    gradients: ['x'],
    anyDtype: ['x'],
    draw: (draw) => {
      const x = anything(draw, draw.shape(1, 3));
      const axis = axisIn(draw, x.shape);
      const along = fromZero(axis, x.shape.length);
      const length = draw.integer(0, 9) === 0 ? draw.pick([64, 90]) : draw.size(9);
      const index = draw.u32(
        x.shape.map((n, i) => (i === along ? length : n)),
        0,
        x.shape[along],
      );
      return { x, index, axis };
    },
    run: ({ x, index, axis }) => ({ out: ops.takeAlongAxis(x, index, axis) }),
    reference: ({ x, index, axis }) => {
      const along = fromZero(axis, x.shape.length);
      return {
        out: expected(index.shape, (i) => {
          const taken = placesOf(index.shape, i).map((place, a) => (a === along ? index.data[i] : place));
          return index.data[i] < x.shape[along] ? at(x, taken) : missing(x);
        }),
      };
    },
  }),
  indexSelect: row<Placed>({
    tolerance: 0,
    gradients: ['x'],
    anyDtype: ['x'],
    draw: (draw) => {
      const x = anything(draw, draw.shape(1, 3));
      const axis = axisIn(draw, x.shape);
      return { x, index: draw.u32([draw.size(9)], 0, x.shape.at(axis) as number), axis };
    },
    run: ({ x, index, axis }) => ({ out: ops.indexSelect(x, index, axis) }),
    reference: ({ x, index, axis }) => {
      const along = fromZero(axis, x.shape.length);
      const shape = x.shape.map((n, i) => (i === along ? index.data.length : n));
      return {
        out: expected(shape, (i) => {
          const found = placesOf(shape, i);
          const row = index.data[found[along]];
          return row < x.shape[along]
            ? at(
                x,
                found.map((place, a) => (a === along ? row : place)),
              )
            : missing(x);
        }),
      };
    },
  }),
  scatterAdd: row<{ x: Host; index: Host; rows: Host }>({
    tolerance: 1e-6,
    gradients: ['x', 'rows'],
    draw: (draw) => {
      const [shape, count] = [draw.shape(1, 3), draw.size(17)];
      return {
        x: draw.f32(shape, 'huge'),
        index: draw.u32([count], 0, shape[0]),
        rows: draw.f32([count, ...shape.slice(1)], 'huge'),
      };
    },
    run: ({ x, index, rows }) => ({ out: ops.scatterAdd(x, index, rows) }),
    reference: ({ x, index, rows }) => {
      const columns = sizeOf(x.shape.slice(1));
      const [values, magnitudes] = [[...x.data], x.data.map(finite)];
      index.data.forEach((to, i) => {
        if (to >= x.shape[0]) return;
        for (let c = 0; c < columns; c++) {
          values[to * columns + c] += rows.data[i * columns + c];
          magnitudes[to * columns + c] += finite(rows.data[i * columns + c]);
        }
      });
      return {
        out: expected(
          x.shape,
          (i) => values[i],
          (i) => magnitudes[i],
        ),
      };
    },
  }),
};

export const views: Rows = { ...plainViews, ...lists, ...places };
