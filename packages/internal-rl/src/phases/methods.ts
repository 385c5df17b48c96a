/**
 * What the ways to skills differ in (`discover.method`): internal RL's own, and the baselines that put something else
 * in its place (arXiv 2512.20605, §5). Everything else is shared: the data, the hypernetwork, the loss on actions, the
 * policy and its objective.
 */

import type { Config } from '@coxswain/lab';
import {
  type CodeGenerator,
  Compile,
  type Gate,
  Metacontroller,
  metacontrollerConfig,
  steeringConfig,
  type View,
} from '@coxswain/metacontroller';
import { GATE_MODE, type ParameterStore } from '@coxswain/tensor';
import type { SequenceModel } from '@coxswain/transformer';

export interface Method {
  /** Declares the parameters of what finds the codes. */
  readonly generator: (
    store: ParameterStore,
    config: Config,
    base: SequenceModel,
  ) => CodeGenerator & { startFrom?(base: SequenceModel): void };
  /** Whether the base learns along. */
  readonly trainsBase: boolean;
  /** Weight of the codes' KL once its warm-up is over. */
  readonly alpha: (config: Config) => number;
  /** The gate of a training step. */
  readonly trainingGate: (config: Config, step: number) => Gate;
  /** The gates of an evaluation on demonstrations: as in training at first, and binarised. */
  readonly softGate: (config: Config) => Gate;
  readonly hardGate: (config: Pick<Config, 'discover'>) => Gate;
  /** A `GATE_MODE`: when a code ends while acting. */
  readonly actingGate: number;
  /** What its encoder looks at; in stages, in the last of them. */
  readonly view: (config: Pick<Config, 'discover'>) => View;
}

const MODES = {
  soft: GATE_MODE.soft,
  gumbel: GATE_MODE.gumbel,
  'straight-through': GATE_MODE.straightThrough,
  hard: GATE_MODE.hard,
} as const;

const open: Gate = { mode: GATE_MODE.open, temperature: 1 };
/** So low a temperature that a boundary is where its logit is highest. */
const DECIDED = 1e-3;

function metacontroller(store: ParameterStore, { metacontroller: m, model }: Config): Metacontroller {
  return new Metacontroller(store, metacontrollerConfig(m, model.width));
}

function compile(store: ParameterStore, { metacontroller: m, model, compile: c }: Config, base: SequenceModel): Compile {
  const { segments, priorLength, alphaBoundary } = c;
  return new Compile(
    store,
    { ...steeringConfig(m, model.width), segments, recurrent: m.sequence, encoder: m.encoder, priorLength, alphaBoundary },
    base,
    m.layer,
  );
}

const own: Method = {
  generator: metacontroller,
  trainsBase: false,
  alpha: ({ discover }) => discover.alpha,
  // Soft first, then hard with a straight-through gradient in the recipe.
  trainingGate: ({ discover: { gate, laterGate, laterGateFrom, gateTemperature } }, step) => ({
    mode: MODES[step >= laterGateFrom ? laterGate : gate],
    temperature: gateTemperature,
  }),
  softGate: () => ({ mode: GATE_MODE.soft, temperature: 1 }),
  hardGate: ({ discover: { gateThreshold } }) => ({ mode: GATE_MODE.hard, temperature: 1, threshold: gateThreshold }),
  actingGate: GATE_MODE.hard,
  view: ({ discover: { view } }) => (view === 'event-free' ? 'switches' : view),
};

export const METHODS: Readonly<Record<Config['discover']['method'], Method>> = {
  metacontroller: own,
  // β ≡ 1, trained and used so: a decision at every step.
  'no-abstraction': { ...own, trainingGate: () => open, softGate: () => open, hardGate: () => open, actingGate: GATE_MODE.open },
  // Base and metacontroller on the metacontroller's loss together, from the pretrained base on.
  'co-trained': { ...own, trainsBase: true },
  compile: {
    ...own,
    generator: compile,
    alpha: ({ compile: { alphaCode } }) => alphaCode,
    trainingGate: ({ compile: { temperature } }) => ({ mode: GATE_MODE.soft, temperature }),
    softGate: ({ compile: { temperature } }) => ({ mode: GATE_MODE.soft, temperature }),
    hardGate: () => ({ mode: GATE_MODE.hard, temperature: DECIDED }),
    // It reads the episode that it cuts.
    view: () => 'same',
  },
};

export const methodOf = ({ discover }: Pick<Config, 'discover'>): Method => METHODS[discover.method];
