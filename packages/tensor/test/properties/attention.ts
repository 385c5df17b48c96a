/** Attention over whole sequences and one step at a time. */
import * as ops from '../../src/ops/index.js';
import type { Draw } from './draw.js';
import type { Host } from './host.js';
import { expected, finite, placesOf } from './loops.js';
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

type Apart = {
  readonly q: Host;
  readonly k: Host;
  readonly v: Host;
  readonly causal: boolean;
  readonly offset: number;
  readonly window: number;
  readonly keyLengths: Host | undefined;
};

/** Queries over keys of their own length, heads of keys shared by neighbouring heads of queries. */
function apart({ q, k, v, causal, offset, window, keyLengths }: Apart): (i: number) => number {
  const [, , heads, headDim] = q.shape;
  const [, keys, kvHeads] = k.shape;
  const slice = (host: Host, b: number, t: number, head: number): number[] => {
    const from = ((b * host.shape[1] + t) * host.shape[2] + head) * headDim;
    return host.data.slice(from, from + headDim);
  };
  return (i) => {
    const [b, t, head, d] = placesOf(q.shape, i);
    const shared = Math.floor(head / (heads / kvHeads));
    const seen = (s: number): boolean =>
      s < (keyLengths?.data[b] ?? keys) && (!causal || (s <= t + offset && (window === 0 || s > t + offset - window)));
    const list = Array.from({ length: keys }, (_, s) => s)
      .filter(seen)
      .map((s) => ({ k: slice(k, b, s, shared), v: slice(v, b, s, shared), bias: 0 }));
    return list.length === 0 ? 0 : attend(slice(q, b, t, head), list)[d];
  };
}

export const attention: Rows = {
  attention: row<Apart>({
    tolerance: 2e-5,
    floor: 2e-5,
    gradients: ['q', 'k', 'v'],
    draw: (draw) => {
      const [batch, queries, keys, headDim] = [draw.size(3), draw.size(5), draw.size(5), draw.pick(HEAD_DIMS)];
      const [kvHeads, share, causal] = [draw.integer(1, 2), draw.integer(1, 2), draw.bool()];
      const ofKeys = (): Host => draw.f32([batch, keys, kvHeads, headDim], 'special');
      return {
        q: draw.f32([batch, queries, kvHeads * share, headDim], 'special'),
        ...{ k: ofKeys(), v: ofKeys(), causal },
        ...{ offset: causal ? draw.integer(0, 3) : 0, window: causal ? draw.pick([0, 1, 3]) : 0 },
        keyLengths: draw.bool() ? draw.u32([batch], 0, keys) : undefined,
      };
    },
    run: ({ q, k, v, causal, ...options }) => ({ y: ops.attention(q, k, v, { mask: causal ? 'causal' : 'bidirectional', ...options }) }),
    reference: (given) => ({ y: expected(given.q.shape, apart(given)) }),
    mistakes: {
      'heads that share unevenly': (given, draw) => ({
        ...given,
        q: draw.f32([...given.q.shape.slice(0, 2), 3, 4]),
        k: draw.f32([...given.k.shape.slice(0, 2), 2, 4]),
        v: draw.f32([...given.k.shape.slice(0, 2), 2, 4]),
      }),
    },
  }),
  rope: row<{ x: Host; positions: Host; headDim: number; interleaved: boolean; base: number }>({
    tolerance: 1e-6,
    gradients: ['x'],
    draw: (draw) => {
      const [batch, time, heads, headDim] = [draw.size(3), draw.size(5, 1), draw.integer(1, 3), draw.pick([2, 4, 8])];
      const positions = draw.u32([time], 0, 5000);
      return {
        x: draw.f32([batch, time, heads * headDim], 'special'),
        positions,
        headDim,
        interleaved: draw.bool(),
        base: draw.pick([100, 10000]),
      };
    },
    run: ({ x, positions, headDim, interleaved, base }) => ({ out: ops.rope(x, positions, { headDim, interleaved, base }) }),
    reference: ({ x, positions, headDim, interleaved, base }) => {
      const width = x.shape.at(-1) as number;
      const at = (i: number): readonly [number, number] => {
        const within = i % headDim;
        const start = i - within;
        const number = interleaved ? Math.floor(within / 2) : within % (headDim / 2);
        const [a, b] = interleaved ? [start + 2 * number, start + 2 * number + 1] : [start + number, start + number + headDim / 2];
        const angle = positions.data[Math.floor(i / width) % positions.data.length] * base ** ((-2 * number) / headDim);
        const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
        const value = i === a ? x.data[a] * cos - x.data[b] * sin : x.data[a] * sin + x.data[b] * cos;
        return [value, finite(x.data[a]) + finite(x.data[b])];
      };
      return {
        out: expected(
          x.shape,
          (i) => at(i)[0],
          (i) => at(i)[1],
        ),
      };
    },
  }),
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
