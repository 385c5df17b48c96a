/** Random numbers: functions of their state and stream, so that they have references like any other. */
import { openUniform, philox4x32 } from '@coxswain/base';
import { philoxState } from '@coxswain/kernels';
import { RandomState, type Tensor } from '../../src/index.js';
import * as ops from '../../src/ops/index.js';
import type { Draw } from './draw.js';
import { type Host, kept, sizeOf } from './host.js';
import { expected } from './loops.js';
import { logSoftmaxOf } from './norms.js';
import { type Row, type Rows, row } from './row.js';

type Drawn = {
  readonly seed: number;
  readonly step: number;
  readonly stream: number;
  readonly shape: readonly number[];
  /** Which device: nothing else that a draw is given lies on one. */
  readonly on: Host;
};

const SEEDS = [0, 1, 2 ** 32 + 1, 2 ** 53 - 1];
const STREAMS = [0, 1, 2 ** 31, 2 ** 32 - 1];
const [LOW, HIGH] = [2 ** 32, 2 ** 32];

/** Words of the generator's block, from its definition's arguments. */
function blockOf({ seed, step, stream }: Pick<Drawn, 'seed' | 'step' | 'stream'>, counter: number): Uint32Array {
  const key = [seed % LOW, Math.floor(seed / HIGH)] as const;
  const state = philoxState(key, step);
  return philox4x32([counter, stream, state[2], state[3]], key);
}

const uniformAt = (given: Drawn, i: number): number => openUniform(blockOf(given, Math.floor(i / 4))[i % 4]);

const distributions = {
  uniform: uniformAt,
  normal: (given: Drawn, i: number): number => {
    const pair = i - (i % 2);
    const [radius, angle] = [Math.sqrt(-2 * Math.log(uniformAt(given, pair))), 2 * Math.PI * uniformAt(given, pair + 1)];
    return radius * (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
  },
  logistic: (given: Drawn, i: number): number => Math.log(uniformAt(given, i)) - Math.log1p(-uniformAt(given, i)),
} as const;

const common = (draw: Draw): Pick<Drawn, 'seed' | 'step' | 'stream' | 'on'> => ({
  ...{ seed: draw.pick(SEEDS), step: draw.pick(SEEDS), stream: draw.pick(STREAMS) },
  on: { shape: [1], dtype: 'f32', data: [0] },
});

/** A state that lives to the end of the case: a gradient may read it. */
function stateOn({ device }: Tensor, { seed, step }: Pick<Drawn, 'seed' | 'step'>): RandomState {
  const random = kept(new RandomState(device, seed));
  random.write(step);
  return random;
}

const drawn = (apply: typeof ops.philoxUniform, value: (given: Drawn, i: number) => number, tolerance: number, floor?: number): Row =>
  row<Drawn>({
    tolerance,
    floor,
    gradients: [],
    draw: (draw) => ({ ...common(draw), shape: draw.shape(0, 4) }),
    run: ({ on, seed, step, stream, shape }) => ({ out: apply(stateOn(on, { seed, step }), stream, shape) }),
    reference: (given) => ({ out: expected(given.shape, (i) => value(given, i)) }),
    anyDtype: ['on'],
    later: ['on'],
  });

type Dropped = Omit<Drawn, 'shape' | 'on'> & { readonly x: Host; readonly probability: number };

export const draws: Rows = {
  dropout: row<Dropped>({
    tolerance: 4e-7,
    gradients: ['x'],
    draw: (draw) => {
      const { on: _, ...state } = common(draw);
      return { ...state, x: draw.f32(draw.shape(), 'huge'), probability: draw.pick([0, 0.25, 0.5, 0.875]) };
    },
    run: ({ x, seed, step, stream, probability }) => ({ out: ops.dropout(x, probability, stateOn(x, { seed, step }), stream) }),
    reference: ({ x, probability, ...state }) => {
      // Times 0 where it is dropped: NaN and infinity do not vanish.
      const factor = (i: number): number => (uniformAt(state as Drawn, i) > probability ? 1 / (1 - probability) : 0);
      return { out: expected(x.shape, (i) => x.data[i] * factor(i)) };
    },
  }),
  philoxUniform: drawn(ops.philoxUniform, distributions.uniform, 0),
  philoxLogistic: drawn(ops.philoxLogistic, distributions.logistic, 4e-6, 1e-6),
  philoxNormal: row<Drawn & { readonly owner: Host | undefined }>({
    tolerance: 4e-6,
    floor: 4e-6,
    gradients: [],
    anyDtype: ['on'],
    later: ['on'],
    draw: (draw) => {
      const shape = draw.shape(1, 3);
      return { ...common(draw), shape, owner: draw.bool() ? draw.u32([shape[0]], 0, 40) : undefined };
    },
    run: ({ on, seed, step, stream, shape, owner }) => ({
      out: ops.philoxNormal(stateOn(on, { seed, step }), stream, shape, owner),
    }),
    reference: (given) => {
      const { shape, owner } = given;
      const columns = sizeOf(shape.slice(1));
      const at = (i: number): number => (owner ? owner.data[Math.floor(i / columns)] * columns + (i % columns) : i);
      return { out: expected(shape, (i) => distributions.normal(given, at(i))) };
    },
  }),
  philoxCategorical: row<
    Omit<Drawn, 'shape' | 'on'> & {
      readonly logits: Host;
      readonly owner: Host | undefined;
      readonly temperature: number;
    }
  >({
    tolerance: 4e-6,
    floor: 4e-6,
    gradients: [],
    draw: (draw) => {
      const [rows, classes] = [draw.size(9), draw.size(17, 1)];
      const { on: _, ...state } = common(draw);
      return {
        ...state,
        logits: draw.f32([rows, classes], 'plain'),
        owner: draw.bool() ? draw.u32([rows], 0, 40) : undefined,
        temperature: draw.pick([0.5, 1, 2]),
      };
    },
    run: ({ logits, seed, step, stream, owner, temperature }) => ({
      ...ops.philoxCategorical(logits, stateOn(logits, { seed, step }), stream, { owner, temperature }),
    }),
    reference: ({ logits, owner, temperature, ...state }) => {
      const [rows, classes] = logits.shape;
      const logs = (r: number): number[] => logSoftmaxOf(logits.data.slice(r * classes, (r + 1) * classes).map((x) => x / temperature));
      const choice = (r: number): number => {
        const u = openUniform(blockOf(state, owner?.data[r] ?? r)[0]);
        let cumulative = 0;
        return logs(r).findIndex((log, k) => {
          cumulative += Math.exp(log);
          return cumulative > u || k === classes - 1;
        });
      };
      return { index: expected([rows], choice), logProb: expected([rows], (r) => logs(r)[choice(r)]) };
    },
    mistakes: { 'a temperature of 0': (given) => ({ ...given, temperature: 0 }) },
  }),
};
