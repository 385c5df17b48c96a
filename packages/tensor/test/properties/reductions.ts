/** Sums and means. */

import type { Tensor } from '../../src/index.js';
import * as ops from '../../src/ops/index.js';
import type { Draw } from './draw.js';
import { type Host, sizeOf } from './host.js';
import { expected, sums } from './loops.js';
import { type Expected, type Row, type Rows, row } from './row.js';

/** Tensors with an axis long enough for more than one stage now and then. */
const reduced = (draw: Draw): number[] =>
  draw.integer(0, 9) === 0 ? [draw.pick([1, 3]), draw.pick([257, 1031]), draw.pick([1, 2])] : draw.shape(1, 4);

/** [outer, length, inner] around an axis; all of it where there is none. */
export function around({ shape }: Host, axis: number | undefined): readonly [outer: number, length: number, inner: number] {
  if (axis === undefined) return [1, sizeOf(shape), 1];
  const at = axis < 0 ? axis + shape.length : axis;
  return [sizeOf(shape.slice(0, at)), shape[at], sizeOf(shape.slice(at + 1))];
}

/** Of each line along the axis, the sum of `term` and what it is relative to. */
function alongAxis(x: Host, axis: number | undefined, factor: (length: number) => number): Expected {
  const [, length, inner] = around(x, axis);
  const shape = axis === undefined ? [1] : x.shape.filter((_, i) => i !== (axis < 0 ? axis + x.shape.length : axis));
  const line = (i: number) =>
    sums(length, (k) => x.data[(Math.floor(i / inner) * length + k) * inner + (i % inner)]).map((total) => total * factor(length));
  return expected(
    shape,
    (i) => line(i)[0],
    // The sum may overflow before it is divided.
    (i) => line(i)[1] / Math.min(1, factor(length)),
  );
}

const summed = (apply: (x: Tensor, axis?: number) => Tensor, factor: (length: number) => number, least: number): Row =>
  row<{ x: Host; axis: number | undefined }>({
    tolerance: 1e-6,
    gradients: ['x'],
    draw: (draw) => {
      const shape = reduced(draw).map((n) => Math.max(least, n));
      const axis = draw.bool() ? draw.integer(-shape.length, shape.length - 1) : undefined;
      return { x: draw.f32(shape, 'huge'), axis };
    },
    run: ({ x, axis }) => ({ out: apply(x, axis) }),
    reference: ({ x, axis }) => ({ out: alongAxis(x, axis, factor) }),
    mistakes: { 'an axis past the last': ({ x }) => ({ x, axis: x.shape.length }) },
  });

export const reductions: Rows = {
  sum: summed(ops.sum, () => 1, 0),
  mean: summed(ops.mean, (length) => 1 / length, 1),
  accumulateSum: row<{ x: Host; total: Host }>({
    tolerance: 1e-6,
    gradients: [],
    draw: (draw) => ({ x: draw.f32(reduced(draw), 'huge'), total: draw.f32([1], 'huge') }),
    run: ({ x, total }) => {
      ops.accumulateSum(x, total);
      return { total };
    },
    reference: ({ x, total }) => {
      const [sum, magnitude] = sums(x.data.length + 1, (k) => (k === 0 ? total.data[0] : x.data[k - 1]));
      return {
        total: expected(
          total.shape,
          () => sum,
          () => magnitude,
        ),
      };
    },
    mistakes: { 'a total of two': ({ x }) => ({ x, total: { shape: [2], dtype: 'f32', data: [0, 0] } }) },
  }),
  accumulateRows: row<{ x: Host; total: Host }>({
    tolerance: 1e-6,
    gradients: [],
    draw: (draw) => {
      const [rows, columns] = [draw.size(17), draw.size(33, 1)];
      return { x: draw.f32([rows, columns], 'huge'), total: draw.f32([columns], 'huge') };
    },
    run: ({ x, total }) => {
      ops.accumulateRows(x, total);
      return { total };
    },
    reference: ({ x, total }) => {
      const columns = total.data.length;
      const column = (c: number) => sums(x.data.length / columns + 1, (k) => (k === 0 ? total.data[c] : x.data[(k - 1) * columns + c]));
      return {
        total: expected(
          total.shape,
          (c) => column(c)[0],
          (c) => column(c)[1],
        ),
      };
    },
    mistakes: {
      'columns that do not divide': ({ x }) => ({
        x: { ...x, shape: [5], data: [1, 2, 3, 4, 5] },
        total: { shape: [2], dtype: 'f32', data: [0, 0] },
      }),
    },
  }),
};
