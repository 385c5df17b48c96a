/** The metacontroller's switch and temporal integration, arXiv 2512.20605, §4. */
import {
  switchActivationGradient,
  switchIntegrationBackward,
  switchIntegrationForward,
  switchIntegrationLinearise,
} from '@coxswain/kernels';
import { accumulator, type Backward, noGrad, op } from '../autograd.js';
import { ShapeError } from '../errors.js';
import { sizeOf, Tensor } from '../tensor.js';
import { weightGradient } from './linear.js';
import { accumulateSum } from './reduce.js';
import { concat } from './shape.js';

export interface SwitchInputs {
  /** [batch, time, latent]: z̃. */
  readonly proposal: Tensor;
  /** [batch, time, hidden]: what the switch's first layer makes of everything but z_{t−1}, its bias included. */
  readonly pre: Tensor;
  /** [hidden, latent]: that layer's weight on z_{t−1}. */
  readonly wz: Tensor;
  /** [hidden] or [1, hidden]: the second layer's weight. */
  readonly w2: Tensor;
  /** [1] */
  readonly b2: Tensor;
  /**
   * f32 [3]: a `GATE_MODE`, a temperature and the logit from which on a hard gate opens; on the device, so that a
   * captured step can follow a schedule.
   */
  readonly control: Tensor;
  /** [batch, time]: logistic noise for the relaxed modes; none when absent. */
  readonly noise?: Tensor;
  /** [batch, latent]: the code before the first step; zero when absent. */
  readonly z0?: Tensor;
  /** β is 1 at the first step, which takes the first proposal; true by default. */
  readonly firstOpen?: boolean;
  /** u32 [batch], in place of `firstOpen`: rows whose β is 1 at the first step, those whose episode starts there. */
  readonly opened?: Tensor;
}

/**
 * β_t from the logit w2·relu(pre_t + wz z_{t−1}) + b2 by the gate's mode, and z_t = β_t z̃_t + (1 − β_t) z_{t−1}.
 * Differentiable in everything but the control, the noise and the flags; the gradient flows through z_{t−1} inside the
 * switch too.
 * @returns z [batch, time, latent] and β [batch, time]
 */
export function switchIntegrate(inputs: SwitchInputs): { readonly z: Tensor<'f32'>; readonly beta: Tensor<'f32'> } {
  const { proposal, pre, wz, w2, b2, control, noise, z0, firstOpen = true, opened } = inputs;
  const { device } = proposal;
  const [batch, time, latent] = proposal.shape;
  const hidden = wz.shape[0];
  const steps = batch * time;
  const expect = (name: string, tensor: Tensor | undefined, wanted: readonly number[]): void => {
    if (tensor && tensor.size !== sizeOf(wanted)) throw new ShapeError('switchIntegrate', `${name} [${tensor.shape}]`, `[${wanted}]`);
  };
  if (proposal.shape.length !== 3) throw new ShapeError('switchIntegrate', `proposal [${proposal.shape}]`, '[batch, time, latent]');
  expect('pre', pre, [batch, time, hidden]);
  expect('wz', wz, [hidden, latent]);
  expect('w2', w2, [hidden]);
  expect('b2', b2, [1]);
  expect('noise', noise, [batch, time]);
  expect('z0', z0, [batch, latent]);
  expect('opened', opened, [batch]);
  if (control.size < 3) throw new ShapeError('switchIntegrate', `control [${control.shape}]`, '[3]: mode, temperature, threshold');
  const shape = { batch, time, latent, hidden, initial: z0 ? 1 : 0 } as const;
  const flags = { firstOpen: firstOpen ? 1 : 0, withOpened: opened ? 1 : 0, withNoise: noise ? 1 : 0 } as const;
  const z = device.empty([batch, time, latent]);
  const betas = device.empty([2, steps]);
  const [withBias, biasAt] = biasBehind(w2, b2);
  const initial = z0 ?? device.dummy;
  device.dispatch(
    switchIntegrationForward,
    { ...shape, ...flags, biasAt },
    { proposal, pre, wz, w2: withBias, noise: noise ?? device.dummy, control, z0: initial, opened: opened ?? device.dummy, z, betas },
  );
  const beta = new Tensor(device, [batch, time], 'f32', betas.storage, betas.byteOffset);
  const backward: Backward = ([dzOrNull, dbeta]) => {
    const dz = dzOrNull ?? device.zeros(z.shape);
    const previous = device.empty([steps, latent]);
    const activation = device.empty([steps, hidden]);
    const jacobian = device.empty([steps, latent]);
    device.dispatch(switchIntegrationLinearise, shape, { pre, wz, w2: withBias, z, z0: initial, previous, activation, jacobian });
    const dproposal = device.empty(proposal.shape);
    const dlogit = device.empty([steps, 1]);
    const dz0 = device.empty([batch, latent]);
    device.dispatch(
      switchIntegrationBackward,
      { batch, time, latent, withBeta: dbeta ? 1 : 0 },
      { dz, dbeta: dbeta ?? device.dummy, proposal, previous, betas, jacobian, dproposal, dlogit, dz0 },
    );
    const dpre = device.empty([steps, hidden]);
    device.dispatch(switchActivationGradient, { steps, hidden }, { dlogit, activation, w2: withBias, dpre });
    if (wz.requiresGradient) weightGradient(dpre, previous, accumulator(wz));
    if (w2.requiresGradient) weightGradient(dlogit, activation, accumulator(w2), b2.requiresGradient ? accumulator(b2) : undefined);
    else if (b2.requiresGradient) accumulateSum(dlogit, accumulator(b2));
    return [dproposal, dpre.reshape(pre.shape), null, null, null, ...(z0 ? [dz0] : [])];
  };
  const saves = [proposal, pre, wz, withBias, z, betas, ...(z0 ? [z0] : [])];
  op('switchIntegrate', [proposal, pre, wz, w2, b2, ...(z0 ? [z0] : [])], [z, beta], backward, { saves, constants: { control, noise } });
  return { z, beta };
}

/**
 * One tensor that holds w2 and, so many elements on, b2: the memory of both where a store laid b2 behind w2, a copy
 * otherwise.
 */
function biasBehind(w2: Tensor, b2: Tensor): [tensor: Tensor, biasAt: number] {
  const distance = (b2.byteOffset - w2.byteOffset) / 4;
  if (b2.storage === w2.storage && distance >= w2.size)
    return [new Tensor(w2.device, [distance + 1], 'f32', w2.storage, w2.byteOffset), distance];
  return [noGrad(() => concat([w2.reshape([w2.size]), b2.reshape([1])], 0)), w2.size];
}
