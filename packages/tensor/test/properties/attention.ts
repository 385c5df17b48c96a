/** Attention over whole sequences and one step at a time. */
import * as ops from '../../src/ops/index.js';
import type { Draw } from './draw.js';
import type { Host } from './host.js';
import { expected, placesOf } from './loops.js';
import { logSoftmaxOf } from './norms.js';
import { type Rows, row } from './row.js';

type Table = {
  readonly biasTable: Host | undefined;
  readonly bucketOfDistance: Host | undefined;
};

function drawTable(draw: Draw, heads: number, time: number): Table {
  if (draw.bool()) return { biasTable: undefined, bucketOfDistance: undefined };
  const buckets = draw.integer(1, 5);
  return { biasTable: draw.f32([buckets, heads], 'special'), bucketOfDistance: draw.u32([time + draw.integer(0, 2)], 0, buckets - 1) };
}

/** Σ softmax(q·k/√headDim + bias) v over keys; each key by how far back it lies. */
function attend(
  q: readonly number[],
  keys: readonly { readonly k: readonly number[]; readonly v: readonly number[]; readonly bias: number }[],
): number[] {
  const scores = keys.map(({ k, bias }) => q.reduce((sum, x, d) => sum + x * k[d], 0) / Math.sqrt(q.length) + bias);
  const weights = logSoftmaxOf(scores).map(Math.exp);
  return q.map((_, d) => keys.reduce((sum, { v }, i) => sum + weights[i] * v[d], 0));
}

const bias = ({ biasTable, bucketOfDistance }: Table, heads: number, head: number, distance: number): number =>
  biasTable && bucketOfDistance ? biasTable.data[bucketOfDistance.data[distance] * heads + head] : 0;

const HEAD_DIMS = [4, 8, 12];

export const attention: Rows = {
  causalAttention: row<Table & { qkv: Host; heads: number; lengths: Host | undefined; window: number }>({
    tolerance: 2e-5,
    floor: 2e-5,
    gradients: ['qkv', 'biasTable'],
    draw: (draw) => {
      const [batch, time, heads, headDim] = [draw.size(3), draw.size(9), draw.integer(1, 3), draw.pick(HEAD_DIMS)];
      return {
        qkv: draw.f32([batch, time, 3 * heads * headDim], 'special'),
        heads,
        ...drawTable(draw, heads, time),
        lengths: draw.integer(0, 3) === 0 ? draw.u32([batch], time, time) : undefined,
        window: draw.pick([0, 0, 1, 2, 5]),
      };
    },
    run: ({ qkv, ...options }) => ({ y: ops.causalAttention(qkv, options) }),
    reference: ({ qkv, heads, window, ...table }) => {
      const [batch, time, three] = qkv.shape;
      const headDim = three / 3 / heads;
      const width = heads * headDim;
      const part = (b: number, t: number, which: number, head: number): number[] => {
        const from = ((b * time + t) * 3 + which) * width + head * headDim;
        return qkv.data.slice(from, from + headDim);
      };
      const rows = new Map<number, number[]>();
      const value = (i: number): number => {
        const [b, t, c] = placesOf([batch, time, width], i);
        const head = Math.floor(c / headDim);
        const at = (b * time + t) * heads + head;
        if (!rows.has(at)) {
          const from = window > 0 ? Math.max(0, t + 1 - window) : 0;
          const keys = Array.from({ length: t + 1 - from }, (_, i) => {
            const s = from + i;
            return { k: part(b, s, 1, head), v: part(b, s, 2, head), bias: bias(table, heads, head, t - s) };
          });
          rows.set(at, attend(part(b, t, 0, head), keys));
        }
        return (rows.get(at) as number[])[c % headDim];
      };
      return { y: expected([batch, time, width], value) };
    },
    mistakes: {
      'heads that do not divide': (given) => ({ ...given, heads: given.qkv.shape[2] }),
      'a bias without buckets': (given, draw) => ({ ...given, biasTable: draw.f32([2, given.heads]), bucketOfDistance: undefined }),
    },
  }),
  attentionStep: row<
    Table & {
      qkv: Host;
      keys: Host;
      values: Host;
      step: Host;
      cacheRow: Host | undefined;
      heads: number;
      window: number;
    }
  >({
    tolerance: 2e-5,
    floor: 2e-5,
    gradients: [],
    draw: (draw) => {
      const [batch, time, heads, headDim] = [draw.size(3), draw.size(9, 1), draw.integer(1, 3), draw.pick(HEAD_DIMS)];
      const width = heads * headDim;
      const rows = Math.max(1, batch + draw.integer(0, 2));
      const order = draw.permutation(rows).slice(0, batch);
      const cache = (): Host => draw.f32([rows, time, width], 'special');
      return {
        qkv: draw.f32([batch, 3 * width], 'special'),
        keys: cache(),
        values: cache(),
        step: draw.u32([1], 0, time - 1),
        cacheRow: draw.bool() ? { shape: [batch], dtype: 'u32', data: order } : undefined,
        heads,
        ...drawTable(draw, heads, time),
        window: draw.pick([0, 0, 1, 2, 5]),
      };
    },
    run: ({ qkv, ...options }) => {
      const y = ops.attentionStep(qkv, options);
      return { y, keys: options.keys, values: options.values };
    },
    reference: ({ qkv, keys, values, step, cacheRow, heads, window, ...table }) => {
      const [batch, three] = qkv.shape;
      const [, time, width] = keys.shape;
      if (three !== 3 * width) throw new RangeError('another width');
      const headDim = width / heads;
      const now = step.data[0];
      const [k, v] = [[...keys.data], [...values.data]];
      const rowOf = (b: number): number => cacheRow?.data[b] ?? b;
      for (let b = 0; b < batch; b++)
        for (let c = 0; c < width; c++) {
          k[(rowOf(b) * time + now) * width + c] = qkv.data[b * three + width + c];
          v[(rowOf(b) * time + now) * width + c] = qkv.data[b * three + 2 * width + c];
        }
      const value = (i: number): number => {
        const [b, c] = placesOf([batch, width], i);
        const head = Math.floor(c / headDim);
        const from = window > 0 ? Math.max(0, now + 1 - window) : 0;
        const seen = Array.from({ length: now + 1 - from }, (_, i) => {
          const at = (rowOf(b) * time + from + i) * width + head * headDim;
          return { k: k.slice(at, at + headDim), v: v.slice(at, at + headDim), bias: bias(table, heads, head, now - from - i) };
        });
        return attend(qkv.data.slice(b * three + head * headDim, b * three + (head + 1) * headDim), seen)[c % headDim];
      };
      return { y: expected([batch, width], value), keys: expected(keys.shape, (i) => k[i]), values: expected(values.shape, (i) => v[i]) };
    },
  }),
};
