/** Slices, concatenation, broadcasting copies, gathers and scatters of rows. */
import * as ops from '../../src/ops/index.js';
import type { Draw } from './draw.js';
import { anything } from './elementwise.js';
import { type Host, sizeOf } from './host.js';
import { broadcast, elementAt, expected, placesOf } from './loops.js';
import { around } from './reductions.js';
import { type Rows, row } from './row.js';

/** An index past the end of anything. */
const NOWHERE = 0xffffffff;
/** Rows' numbers, some past the end. */
const indices = (draw: Draw, count: number, rows: number): Host => {
  const drawn = draw.u32([count], 0, rows + 1);
  return { ...drawn, data: drawn.data.map((row) => (row > rows ? NOWHERE : row)) };
};
/** Rows' numbers, each once at most, some past the end. */
function distinct(draw: Draw, count: number, rows: number): Host {
  const order = draw.permutation(rows).slice(0, count);
  const data = Array.from({ length: count }, (_, i) => (i < order.length && draw.integer(0, 4) > 0 ? order[i] : NOWHERE));
  return { shape: [count], dtype: 'u32', data };
}

const columnsOf = (x: Host): number => sizeOf(x.shape.slice(1));

function gathered(x: Host, index: Host) {
  const columns = columnsOf(x);
  const value = (i: number): number => {
    const from = index.data[Math.floor(i / columns)];
    return from < x.shape[0] ? x.data[from * columns + (i % columns)] : 0;
  };
  return expected([index.data.length, ...x.shape.slice(1)], value);
}

export const shape: Rows = {
  slice: row<{ x: Host; axis: number; from: number; to: number }>({
    tolerance: 0,
    gradients: ['x'],
    anyDtype: ['x'],
    draw: (draw) => {
      const x = anything(draw, draw.shape(1, 4));
      const axis = draw.integer(-x.shape.length, x.shape.length - 1);
      const [a, b] = [0, 0].map(() => draw.integer(0, x.shape.at(axis < 0 ? axis : axis) as number));
      return { x, axis, from: Math.min(a, b), to: Math.max(a, b) };
    },
    run: ({ x, axis, from, to }) => ({ out: ops.slice(x, axis, from, to) }),
    reference: ({ x, axis, from, to }) => {
      const [, length, inner] = around(x, axis);
      const at = axis < 0 ? axis + x.shape.length : axis;
      const made = x.shape.map((n, i) => (i === at ? to - from : n));
      const value = (i: number): number => {
        const [outer, rest] = [Math.floor(i / ((to - from) * inner)), i % ((to - from) * inner)];
        return x.data[outer * length * inner + from * inner + rest];
      };
      return { out: expected(made, value) };
    },
    mistakes: { 'a range past the end': (given) => ({ ...given, axis: 0, from: 0, to: given.x.shape[0] + 1 }) },
  }),
  concat: row<{ list: readonly Host[]; axis: number }>({
    tolerance: 0,
    gradients: ['list'],
    anyDtype: ['list'],
    draw: (draw) => {
      const whole = draw.shape(1, 4);
      const axis = draw.integer(-whole.length, whole.length - 1);
      const dtype = draw.pick(['f32', 'f32', 'i32', 'u32'] as const);
      const at = axis < 0 ? axis + whole.length : axis;
      const list = Array.from({ length: draw.integer(1, 4) }, () => whole.map((n, i) => (i === at ? draw.size(5) : n)));
      return { list: list.map((of) => anything(draw, of, dtype)), axis };
    },
    run: ({ list, axis }) => ({ out: ops.concat(list, axis) }),
    reference: ({ list, axis }) => {
      const [first] = list;
      const at = axis < 0 ? axis + first.shape.length : axis;
      const made = first.shape.map((n, i) => (i === at ? list.reduce((sum, part) => sum + part.shape[at], 0) : n));
      const value = (i: number): number => {
        const places = placesOf(made, i);
        let [part, k] = [0, places[at]];
        while (k >= list[part].shape[at]) k -= list[part++].shape[at];
        return elementAt(
          list[part],
          places.map((place, axisOf) => (axisOf === at ? k : list[part].shape[axisOf] === 1 ? 0 : place)),
        );
      };
      return { out: expected(made, value) };
    },
    mistakes: {
      'an axis past the last': ({ list }) => ({ list, axis: list[0].shape.length }),
      'two dtypes': ({ axis }) => ({
        list: [
          { shape: [2, 2], dtype: 'f32', data: [1, 2, 3, 4] },
          { shape: [2, 2], dtype: 'i32', data: [1, 2, 3, 4] },
        ],
        axis: Math.sign(axis) || 1,
      }),
    },
  }),
  expand: row<{ x: Host; shape: readonly number[]; factor: number }>({
    tolerance: 2e-7,
    gradients: ['x'],
    draw: (draw) => {
      const shape = draw.shape(0, 4);
      const from = draw.integer(0, shape.length);
      const x = shape.slice(from).map((n) => (draw.bool() ? 1 : n));
      return { x: draw.f32(x, 'huge'), shape, factor: draw.number(-3, 3) };
    },
    run: ({ x, shape, factor }) => ({ out: ops.expand(x, shape, factor) }),
    reference: ({ x, shape, factor }) => {
      if (`${broadcast(x.shape, shape)}` !== `${shape}`) throw new RangeError(`[${x.shape}] does not stretch to [${shape}]`);
      return { out: expected(shape, (i) => elementAt(x, placesOf(shape, i)) * factor) };
    },
    mistakes: { 'an axis that is not 1': (given, draw) => ({ ...given, x: draw.f32([2]), shape: [3] }) },
  }),
  besidePrevious: row<{ x: Host; h: Host; time: number }>({
    tolerance: 0,
    gradients: ['x', 'h'],
    anyDtype: ['x', 'h'],
    draw: (draw) => {
      const [batch, xTime, width, hidden] = [draw.size(5), draw.size(7, 1), draw.size(9, 1), draw.size(9, 1)];
      const time = draw.integer(0, xTime);
      const hTime = Math.max(0, time - 1) + draw.integer(0, 2);
      const dtype = draw.pick(['f32', 'f32', 'i32', 'u32'] as const);
      return { x: anything(draw, [batch, xTime, width], dtype), h: anything(draw, [batch, hTime, hidden], dtype), time };
    },
    run: ({ x, h, time }) => ({ out: ops.besidePrevious(x, h, time) }),
    reference: ({ x, h, time }) => {
      const [batch, xTime, width] = x.shape;
      const [, hTime, hidden] = h.shape;
      const made = [batch, time, width + hidden];
      const value = (i: number): number => {
        const [b, t, c] = placesOf(made, i);
        if (c < width) return x.data[(b * xTime + t) * width + c];
        return t === 0 ? 0 : h.data[(b * hTime + t - 1) * hidden + c - width];
      };
      return { out: expected(made, value) };
    },
    mistakes: { 'more steps than there are': (given) => ({ ...given, time: given.x.shape[1] + 1 }) },
  }),
  gatherRows: row<{ x: Host; index: Host }>({
    tolerance: 0,
    gradients: ['x'],
    anyDtype: ['x'],
    draw: (draw) => {
      const x = anything(draw, draw.shape(1, 4));
      return { x, index: indices(draw, draw.size(9), x.shape[0]) };
    },
    run: ({ x, index }) => ({ out: ops.gatherRows(x, index) }),
    reference: ({ x, index }) => ({ out: gathered(x, index) }),
  }),
  selectRows: row<{ x: Host; index: Host; back: Host }>({
    tolerance: 0,
    gradients: ['x'],
    later: ['back'],
    anyDtype: ['x'],
    draw: (draw) => {
      const x = anything(draw, draw.shape(1, 4));
      const index = distinct(draw, draw.size(9), x.shape[0]);
      const places = Array.from({ length: x.shape[0] }, (_, r) => (index.data.includes(r) ? index.data.indexOf(r) : NOWHERE));
      return { x, index, back: { shape: [x.shape[0]], dtype: 'u32', data: places } };
    },
    run: ({ x, index, back }) => ({ out: ops.selectRows(x, index, back) }),
    reference: ({ x, index }) => ({ out: gathered(x, index) }),
  }),
  gatherRowsOf: row<{ list: readonly Host[]; index: Host }>({
    tolerance: 0,
    gradients: [],
    anyDtype: ['list'],
    draw: (draw) => {
      const rows = draw.size(9);
      const list = Array.from({ length: draw.integer(1, 3) }, () => anything(draw, [rows, ...draw.shape(0, 2)]));
      return { list, index: indices(draw, draw.size(9), rows) };
    },
    run: ({ list, index }) => Object.fromEntries(ops.gatherRowsOf(list, index).map((out, i) => [`out${i}`, out])),
    reference: ({ list, index }) => {
      if (list.some((x) => x.shape[0] !== list[0].shape[0])) throw new RangeError('other rows');
      return Object.fromEntries(list.map((x, i) => [`out${i}`, gathered(x, index)]));
    },
    mistakes: { 'four tensors': ({ list: [x], index }) => ({ list: [x, x, x, x], index }) },
  }),
  scatterRowsOf: row<{ x: readonly Host[]; out: readonly Host[]; index: Host }>({
    tolerance: 0,
    gradients: [],
    anyDtype: ['x', 'out'],
    draw: (draw) => {
      const [rows, moved] = [draw.size(9, 1), draw.size(9)];
      const pairs = Array.from({ length: draw.integer(1, 3) }, () => {
        const [columns, dtype] = [draw.shape(0, 2), draw.pick(['f32', 'i32', 'u32'] as const)];
        return [anything(draw, [moved, ...columns], dtype), anything(draw, [rows, ...columns], dtype)] as const;
      });
      return { x: pairs.map(([x]) => x), out: pairs.map(([, out]) => out), index: distinct(draw, moved, rows) };
    },
    run: ({ x, out, index }) => {
      ops.scatterRowsOf(
        x.map((from, i) => [from, out[i]] as const),
        index,
      );
      return Object.fromEntries(out.map((tensor, i) => [`out${i}`, tensor]));
    },
    reference: ({ x, out, index }) =>
      Object.fromEntries(
        out.map((host, at) => {
          const columns = columnsOf(host);
          const values = [...host.data];
          index.data.forEach((to, i) => {
            if (to < host.shape[0]) for (let c = 0; c < columns; c++) values[to * columns + c] = x[at].data[i * columns + c];
          });
          return [`out${at}`, expected(host.shape, (i) => values[i])];
        }),
      ),
  }),
};
