import {
  type AdapterTraits,
  type Kernel,
  linearGrid,
  read,
  specialConstants,
  stridedGrid,
  stridedWorkgroup,
  valueConstants,
  written,
} from '../declaration.js';
import activationGradientSource from './activation-gradient.wgsl';
import backwardSource from './backward.wgsl';
import forwardSource from './forward.wgsl';
import lineariseSource from './linearise.wgsl';

/** How a logit becomes β: the first number of `control`. */
export const GATE_MODE = {
  /** σ(logit) */
  soft: 0,
  /** σ((logit + noise) / temperature) with logistic noise: the binary concrete relaxation, arXiv 1611.00712 */
  gumbel: 1,
  /** 1 where the relaxation is above ½ and 0 elsewhere, with the gradient of the relaxation: arXiv 1308.3432 */
  straightThrough: 2,
  /** 1 where the logit is at or above a threshold, NaN where it is; no gradient */
  hard: 3,
  /** always 1 */
  open: 4,
} as const;

export type SwitchShape = {
  readonly batch: number;
  readonly time: number;
  /** Width of the code z. */
  readonly latent: number;
  /** Width of the switch's hidden layer. */
  readonly hidden: number;
  /** 1 where `z0` is read; otherwise the code before the first step is zero. */
  readonly initial: 0 | 1;
};

export type SwitchForwardShape = SwitchShape & {
  /** 1 where β is 1 at the first step, which then takes the first proposal. */
  readonly firstOpen: 0 | 1;
  /** 1 where `opened` is read in place of `firstOpen`: a row's β at the first step is 1 where its flag is not zero. */
  readonly withOpened: 0 | 1;
  /** 1 where `noise` is read; otherwise modes 1 and 2 go without. */
  readonly withNoise: 0 | 1;
  /** Where b2 lies in `w2`, at or behind `hidden`. */
  readonly biasAt: number;
};

export type IntegrationGradientShape = Pick<SwitchShape, 'batch' | 'time' | 'latent'> & {
  /** 1 where `dbeta` is read. */
  readonly withBeta: 0 | 1;
};

export type ActivationGradientShape = {
  /** Rows times time. */
  readonly steps: number;
  readonly hidden: number;
};

/** Steps of a lane of a CPU that repay copying the weights. */
const STEPS_A_LANE = 16;
/** A row's recurrence is long, so workgroups are small: enough of them for every core of a software adapter. */
const ROWS = 8;
/** Weights of a switch that an invocation keeps copies of; more would not stay in a first-level cache. */
const MOST_CACHED = 1024;
/** Steps that are worth a workgroup of a CPU. */
const PER_GROUP = 64;

const sizes = ({ latent, hidden }: SwitchShape, { family }: AdapterTraits) => ({
  LATENT: latent,
  HIDDEN: hidden,
  CACHED: family === 'software' && latent * hidden <= MOST_CACHED,
  ...{ Value: 'f32', ...specialConstants(false) },
});
const lanes = ({ hidden }: ActivationGradientShape): number => (hidden % 4 === 0 ? 4 : 1);
const fields = (...names: string[]) => names.map((name) => ({ name, type: 'u32' }) as const);

/**
 * Switch and temporal integration (arXiv 2512.20605, §4): logit_t = w2·relu(pre_t + W_z z_{t−1}) + b2, z_t = β_t z̃_t +
 * (1 − β_t) z_{t−1}. In: `proposal [batch, time, latent]`, `pre [batch, time, hidden]` (what the switch makes of
 * everything but z, bias included), `wz [hidden, latent]`, `w2 [> biasAt]` (the entry `biasAt` is b2), `noise [batch,
 * time]` (logistic; read in modes 1 and 2), `control f32 [3]` = (a `GATE_MODE`, temperature, the logit from which on
 * mode 3 opens), `z0 [batch, latent]`, `opened u32 [batch]`. Out: `z [batch, time, latent]` and
 * `betas [2, batch, time]` = (β, dβ/dlogit).
 */
export const switchIntegrationForward: Kernel<SwitchForwardShape> = {
  name: 'switch-integration/forward',
  source: forwardSource,
  buffers: [
    read('proposal'),
    read('pre'),
    read('wz'),
    read('w2'),
    read('noise'),
    read('control'),
    read('z0'),
    read('opened', 'u32'),
    written('z'),
    written('betas'),
  ],
  uniforms: fields('batch', 'time', 'latent', 'hidden', 'firstOpen', 'initial', 'withOpened', 'withNoise', 'biasAt'),
  lengths: ({ batch, time, latent, hidden, initial, withOpened, withNoise, biasAt }) => ({
    ...{ proposal: batch * time * latent, pre: batch * time * hidden, wz: hidden * latent, w2: biasAt + 1 },
    ...{ noise: withNoise * batch * time, control: 3, z0: initial * batch * latent, opened: withOpened * batch },
    ...{ z: batch * time * latent, betas: 2 * batch * time },
  }),
  constants: (shape, adapter) => ({ WORKGROUP: ROWS, ...sizes(shape, adapter) }),
  grid: ({ batch, time }, { family }) => {
    const rows = family === 'software' ? Math.max(1, Math.ceil(STEPS_A_LANE / time)) : 1;
    return linearGrid(Math.ceil(batch / rows), ROWS);
  },
  cost: ({ batch, time, latent, hidden }) => ({
    flops: batch * time * (hidden * (2 * latent + 3) + 3 * latent + 8),
    bytes: 4 * (batch * time * (2 * latent + hidden + 3) + hidden * (latent + 1)),
  }),
  sample: { batch: 128, time: 25, latent: 8, hidden: 64, initial: 0, firstOpen: 1, withOpened: 0, withNoise: 1, biasAt: 64 },
};

/**
 * What the backward pass needs of the switch, at all steps at once: `previous [batch, time, latent]` = z_{t−1},
 * `activation [batch, time, hidden]` = relu(pre_t + W_z z_{t−1}) and `jacobian [batch, time, latent]` =
 * dlogit_t/dz_{t−1}.
 */
export const switchIntegrationLinearise: Kernel<SwitchShape> = {
  name: 'switch-integration/linearise',
  source: lineariseSource,
  buffers: [read('pre'), read('wz'), read('w2'), read('z'), read('z0'), written('previous'), written('activation'), written('jacobian')],
  uniforms: fields('batch', 'time', 'latent', 'hidden', 'initial'),
  lengths: ({ batch, time, latent, hidden, initial }) => {
    const [codes, activations] = [batch * time * latent, batch * time * hidden];
    const given = { pre: activations, wz: hidden * latent, w2: hidden, z: codes, z0: initial * batch * latent };
    return { ...given, previous: codes, activation: activations, jacobian: codes };
  },
  constants: (shape, adapter) => ({ WORKGROUP: stridedWorkgroup(adapter), ...sizes(shape, adapter) }),
  grid: ({ batch, time }, adapter) => stridedGrid(batch * time, adapter, PER_GROUP),
  cost: ({ batch, time, latent, hidden }) => ({
    flops: batch * time * hidden * (4 * latent + 2),
    bytes: 4 * (batch * time * (3 * latent + 2 * hidden) + hidden * (latent + 1)),
  }),
  sample: { batch: 128, time: 25, latent: 8, hidden: 64, initial: 0 },
};

/**
 * Through time, from `dz [batch, time, latent]` and `dbeta [batch, time]`: `dproposal [batch, time, latent]`, `dlogit
 * [batch, time]` and `dz0 [batch, latent]`. z_{t−1} is not detached: the gradient flows through the switch's own
 * reading of it.
 */
export const switchIntegrationBackward: Kernel<IntegrationGradientShape> = {
  name: 'switch-integration/backward',
  source: backwardSource,
  buffers: [
    read('dz'),
    read('dbeta'),
    read('proposal'),
    read('previous'),
    read('betas'),
    read('jacobian'),
    written('dproposal'),
    written('dlogit'),
    written('dz0'),
  ],
  uniforms: fields('batch', 'time', 'latent', 'withBeta'),
  lengths: ({ batch, time, latent, withBeta }) => {
    const [steps, codes] = [batch * time, batch * time * latent];
    const given = { dz: codes, dbeta: withBeta * steps, proposal: codes, previous: codes, betas: 2 * steps, jacobian: codes };
    return { ...given, dproposal: codes, dlogit: steps, dz0: batch * latent };
  },
  constants: ({ latent }) => ({ WORKGROUP: ROWS, LATENT: latent }),
  grid: ({ batch }) => linearGrid(batch, ROWS),
  cost: ({ batch, time, latent, withBeta }) => ({
    flops: batch * time * (8 * latent + 2),
    bytes: 4 * batch * (time * (5 * latent + 3 + withBeta) + latent),
  }),
  sample: { batch: 128, time: 25, latent: 8, withBeta: 0 },
};

/**
 * `dpre [steps, hidden]` from `dlogit [steps]`, `activation [steps, hidden]` and `w2`. Then dW_z = dpreᵀ·previous,
 * dw2 = activeᵀ·dlogit and db2 is the sum of dlogit.
 */
export const switchActivationGradient: Kernel<ActivationGradientShape> = {
  name: 'switch-integration/activation-gradient',
  source: activationGradientSource,
  buffers: [read('dlogit'), read('activation', 'f32', 'Value'), read('w2', 'f32', 'Value'), written('dpre', 'f32', 'Value')],
  uniforms: fields('steps', 'hidden'),
  constants: (shape, adapter) => {
    const four = lanes(shape) === 4;
    return { WORKGROUP: stridedWorkgroup(adapter), ...valueConstants(four), ...specialConstants(four) };
  },
  lengths: ({ steps, hidden }) => ({ dlogit: steps, activation: steps * hidden, w2: hidden, dpre: steps * hidden }),
  grid: ({ steps }, adapter) => stridedGrid(steps, adapter, PER_GROUP),
  cost: ({ steps, hidden }) => ({ flops: steps * hidden, bytes: 4 * (steps * (2 * hidden + 1) + hidden) }),
  sample: { steps: 3200, hidden: 64 },
};
