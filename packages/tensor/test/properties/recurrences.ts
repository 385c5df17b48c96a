/** Recurrences over time: the GRU, the RG-LRU, the switch. */
import { GATE_MODE } from '@coxswain/kernels';
import * as ops from '../../src/ops/index.js';
import type { Draw } from './draw.js';
import type { Host } from './host.js';
import { expected, finite, sigmoid, softplus, sums } from './loops.js';
import { around } from './reductions.js';
import { type Row, type Rows, row } from './row.js';

type Gru = {
  readonly gates: Host;
  readonly whh: Host;
  readonly bhh: Host;
  readonly h0: Host | undefined;
  readonly lengths: Host | undefined;
  readonly reverse: boolean;
};

/** States of a GRU, torch's gate order r, z, n. */
function gru({ gates, whh, bhh, h0, lengths, reverse }: Gru): Float64Array {
  const [batch, time, three] = gates.shape;
  const hidden = three / 3;
  const out = new Float64Array(batch * time * hidden);
  for (let b = 0; b < batch; b++) {
    let h = Array.from({ length: hidden }, (_, k) => h0?.data[b * hidden + k] ?? 0);
    for (let s = 0; s < time; s++) {
      const t = reverse ? time - 1 - s : s;
      const before = h;
      const recurrent = (j: number): number => before.reduce((sum, x, k) => sum + whh.data[j * hidden + k] * x, bhh.data[j]);
      const given = (j: number): number => gates.data[(b * time + t) * three + j];
      if (!lengths || t < lengths.data[b])
        h = before.map((x, j) => {
          const r = sigmoid(given(j) + recurrent(j));
          const z = sigmoid(given(hidden + j) + recurrent(hidden + j));
          const n = Math.tanh(given(2 * hidden + j) + r * recurrent(2 * hidden + j));
          return (1 - z) * n + z * x;
        });
      out.set(h, (b * time + t) * hidden);
    }
  }
  return out;
}

const maybe = (draw: Draw, make: () => Host): Host | undefined => (draw.bool() ? make() : undefined);

/** Numbers for which an error does not grow over time. */
const small = (host: Host): Host => ({ ...host, data: host.data.map((x) => Math.fround(x / 4)) });

type Switch = {
  readonly proposal: Host;
  readonly pre: Host;
  readonly wz: Host;
  readonly w2: Host;
  readonly b2: Host;
  readonly control: Host;
  readonly noise: Host | undefined;
  readonly z0: Host | undefined;
  readonly firstOpen: boolean;
  readonly opened: Host | undefined;
};

/** z and β by the switch's definition, at a relaxed mode. */
function switched({ proposal, pre, wz, w2, b2, control, noise, z0, firstOpen, opened }: Switch) {
  const [batch, time, latent] = proposal.shape;
  const hidden = wz.shape[0];
  const [mode, temperature] = control.data;
  const [z, beta] = [new Float64Array(batch * time * latent), new Float64Array(batch * time)];
  for (let b = 0; b < batch; b++) {
    let state = Array.from({ length: latent }, (_, n) => z0?.data[b * latent + n] ?? 0);
    for (let t = 0; t < time; t++) {
      const at = b * time + t;
      let logit = b2.data[0];
      for (let k = 0; k < hidden; k++) {
        const sum = state.reduce((total, x, n) => total + wz.data[k * latent + n] * x, pre.data[at * hidden + k]);
        logit += w2.data[k] * Math.max(sum, 0);
      }
      const relaxed = mode === GATE_MODE.soft ? sigmoid(logit) : sigmoid((logit + (noise?.data[at] ?? 0)) / temperature);
      const forced = mode === GATE_MODE.open || (t === 0 && (opened ? opened.data[b] !== 0 : firstOpen));
      beta[at] = forced ? 1 : relaxed;
      state = state.map((x, n) => beta[at] * proposal.data[at * latent + n] + (1 - beta[at]) * x);
      z.set(state, at * latent);
    }
  }
  return { z, beta };
}

type Rnn = Omit<Gru, 'lengths' | 'reverse'>;

/** States of torch's RNN with tanh. */
function elman({ gates, whh, bhh, h0 }: Rnn): Float64Array {
  const [batch, time, hidden] = gates.shape;
  const out = new Float64Array(batch * time * hidden);
  for (let b = 0; b < batch; b++) {
    let h = Array.from({ length: hidden }, (_, k) => h0?.data[b * hidden + k] ?? 0);
    for (let t = 0; t < time; t++) {
      const at = (b * time + t) * hidden;
      const sum = (j: number): number => h.reduce((total, x, k) => total + whh.data[j * hidden + k] * x, bhh.data[j]);
      h = h.map((_, j) => Math.tanh(gates.data[at + j] + sum(j)));
      out.set(h, at);
    }
  }
  return out;
}

type Line = { readonly x: Host; readonly axis: number };
const lineOf = (draw: Draw): Line => {
  const shape = draw.integer(0, 7) === 0 ? [draw.pick([1, 2]), draw.pick([130, 700]), draw.pick([1, 3])] : draw.shape(1, 4);
  return { x: draw.f32(shape, 'special'), axis: draw.integer(-shape.length, shape.length - 1) };
};
/** Of each element, the elements of its line up to it. */
function soFar({ x, axis }: Line, reverse: boolean): (i: number) => number[] {
  const [, length, inner] = around(x, axis);
  return (i) => {
    const place = Math.floor(i / inner) % length;
    const count = reverse ? length - place : place + 1;
    return Array.from({ length: count }, (_, k) => x.data[i + (reverse ? k : k - place) * inner]);
  };
}

const scans: Rows = {
  cumsum: row<Line & { readonly reverse: boolean }>({
    tolerance: 4e-6,
    gradients: ['x'],
    draw: (draw) => ({ ...lineOf(draw), reverse: draw.bool() }),
    run: ({ x, axis, reverse }) => ({ out: ops.cumsum(x, axis, { reverse }) }),
    reference: ({ reverse, ...given }) => {
      const values = soFar(given, reverse);
      const at = (i: number) => {
        const list = values(i);
        return sums(list.length, (k) => list[k]);
      };
      return {
        out: expected(
          given.x.shape,
          (i) => at(i)[0],
          (i) => at(i)[1],
        ),
      };
    },
    mistakes: { 'an axis past the last': (given) => ({ ...given, axis: given.x.shape.length }) },
  }),
  cummax: row<Line>({
    tolerance: 0,
    gradients: [],
    draw: lineOf,
    run: ({ x, axis }) => ({ out: ops.cummax(x, axis) }),
    reference: (given) => {
      const values = soFar(given, false);
      return { out: expected(given.x.shape, (i) => Math.max(...values(i))) };
    },
    mistakes: { 'an axis past the last': (given) => ({ ...given, axis: given.x.shape.length }) },
  }),
  linearRecurrence: row<{ a: Host; b: Host; h0: Host | undefined }>({
    tolerance: 1e-5,
    floor: 1e-5,
    gradients: ['a', 'b', 'h0'],
    draw: (draw) => {
      const shape = [draw.size(3), draw.integer(0, 7) === 0 ? 300 : draw.size(9), draw.size(9, 1)];
      // What is left of a state is at most 3/4 of it: errors do not grow.
      const a = small(draw.f32(shape, 'special'));
      return { a, b: draw.f32(shape, 'special'), h0: maybe(draw, () => draw.f32([shape[0], shape[2]], 'special')) };
    },
    run: (given) => ({ h: ops.linearRecurrence(given) }),
    reference: ({ a, b, h0 }) => {
      const [, time, width] = a.shape;
      const h = new Float64Array(a.data.length);
      const size = new Float64Array(h.length);
      for (let i = 0; i < h.length; i++) {
        const first = Math.floor(i / width) % time === 0;
        const start = h0?.data[Math.floor(i / (time * width)) * width + (i % width)];
        const before = first ? (start ?? 0) : h[i - width];
        h[i] = (first && start === undefined ? 0 : a.data[i] * before) + b.data[i];
        size[i] = finite(a.data[i]) * (first ? finite(start ?? 0) : size[i - width]) + finite(b.data[i]);
      }
      return {
        h: expected(
          a.shape,
          (i) => h[i],
          (i) => size[i],
        ),
      };
    },
    // Without a state before it the first step may multiply by 0.
    alternative: ({ a, b, h0 }) => {
      const start: Host = h0 ?? { shape: [a.shape[0], a.shape[2]], dtype: 'f32', data: new Array<number>(a.shape[0] * a.shape[2]).fill(0) };
      return (scans.linearRecurrence as Row).reference({ a, b, h0: start });
    },
  }),
};

export const recurrences: Rows = {
  ...scans,
  rnn: row<Rnn>({
    tolerance: 2e-5,
    floor: 2e-5,
    gradients: ['gates', 'whh', 'bhh', 'h0'],
    draw: (draw) => {
      const [batch, time, hidden] = [draw.size(5), draw.size(5), draw.pick([1, 3, 4, 5, 8, 12, 33])];
      const weights = { whh: small(draw.f32([hidden, hidden], 'special')), bhh: draw.f32([hidden], 'special') };
      return { gates: draw.f32([batch, time, hidden], 'special'), ...weights, h0: maybe(draw, () => draw.f32([batch, hidden], 'special')) };
    },
    run: ({ gates, whh, bhh, h0 }) => ({ out: ops.rnn(gates, whh, bhh, { h0 }) }),
    reference: (given) => {
      const states = elman(given);
      return { out: expected(given.gates.shape, (i) => states[i]) };
    },
  }),
  gru: row<Gru>({
    tolerance: 2e-5,
    floor: 2e-5,
    gradients: ['gates', 'whh', 'bhh', 'h0'],
    draw: (draw) => {
      const [batch, time, hidden] = [draw.size(5), draw.size(5), draw.pick([1, 3, 4, 5, 8, 12, 33])];
      const weights = { whh: small(draw.f32([3 * hidden, hidden], 'special')), bhh: draw.f32([3 * hidden], 'special') };
      return {
        gates: draw.f32([batch, time, 3 * hidden], 'special'),
        ...weights,
        h0: maybe(draw, () => draw.f32([batch, hidden], 'special')),
        lengths: maybe(draw, () => draw.u32([batch], 0, time)),
        reverse: draw.bool(),
      };
    },
    run: ({ gates, whh, bhh, h0, lengths, reverse }) => ({ out: ops.gru(gates, whh, bhh, { h0, lengths, reverse }) }),
    reference: (given) => {
      const [batch, time, three] = given.gates.shape;
      const states = gru(given);
      return { out: expected([batch, time, three / 3], (i) => states[i]) };
    },
    mistakes: {
      'weights of another width': (given, draw) => ({ ...given, whh: draw.f32([given.gates.shape[2], given.gates.shape[2] / 3 + 1]) }),
    },
  }),
  rgLru: row<{ x: Host; gates: Host; lambda: Host; h0: Host | undefined }>({
    tolerance: 2e-5,
    floor: 2e-5,
    gradients: ['x', 'gates', 'lambda', 'h0'],
    draw: (draw) => {
      const [batch, time, width] = [draw.size(5), draw.size(7), draw.size(17, 1)];
      return {
        x: draw.f32([batch, time, width], 'special'),
        gates: draw.f32([batch, time, 2 * width], 'special'),
        lambda: draw.f32([width], 'special'),
        h0: maybe(draw, () => draw.f32([batch, width], 'special')),
      };
    },
    run: (given) => ({ h: ops.rgLru(given) }),
    reference: ({ x, gates, lambda, h0 }) => {
      const [batch, time, width] = x.shape;
      const h = new Float64Array(batch * time * width);
      for (let at = 0; at < h.length; at++) {
        const [b, t, d] = [Math.floor(at / (time * width)), Math.floor(at / width) % time, at % width];
        const before = t > 0 ? h[at - width] : (h0?.data[b * width + d] ?? 0);
        const gate = (i: number): number => gates.data[(b * time + t) * 2 * width + i];
        const logA = -8 * softplus(lambda.data[d]) * sigmoid(gate(d));
        h[at] = Math.exp(logA) * before + Math.sqrt(-Math.expm1(2 * logA)) * sigmoid(gate(width + d)) * x.data[at];
      }
      return { h: expected(x.shape, (i) => h[i]) };
    },
  }),
  switchIntegrate: row<Switch>({
    tolerance: 2e-5,
    floor: 2e-5,
    gradients: ['proposal', 'pre', 'wz', 'w2', 'b2', 'z0'],
    draw: (draw) => {
      const [batch, time, latent, hidden] = [draw.size(5), draw.size(5), draw.size(5, 1), draw.size(9, 1)];
      const mode = draw.pick([GATE_MODE.soft, GATE_MODE.gumbel, GATE_MODE.open]);
      return {
        proposal: draw.f32([batch, time, latent], 'special'),
        pre: draw.f32([batch, time, hidden], 'special'),
        wz: small(draw.f32([hidden, latent], 'special')),
        w2: small(draw.f32([hidden], 'special')),
        b2: draw.f32([1], 'special'),
        control: { shape: [3], dtype: 'f32', data: [mode, draw.pick([0.5, 1, 2]), 0] },
        noise: maybe(draw, () => draw.f32([batch, time], 'special')),
        z0: maybe(draw, () => draw.f32([batch, latent], 'special')),
        firstOpen: draw.bool(),
        opened: maybe(draw, () => draw.u32([batch], 0, 1)),
      };
    },
    run: (given) => ({ ...ops.switchIntegrate(given) }),
    reference: (given) => {
      const { z, beta } = switched(given);
      const { shape } = given.proposal;
      return { z: expected(shape, (i) => z[i]), beta: expected(shape.slice(0, 2), (i) => beta[i]) };
    },
  }),
};
