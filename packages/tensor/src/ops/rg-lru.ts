/** The real-gated linear recurrent unit of Hawk, arXiv 2402.19427, §2.4. */
import { rgLruBackward, rgLruForward } from '@coxswain/kernels';
import { accumulator, op } from '../autograd.js';
import { ShapeError } from '../errors.js';
import { sizeOf, type Tensor } from '../tensor.js';
import { accumulateRows } from './reduce.js';

export interface RgLruInputs {
  /** [batch, time, width] */
  readonly x: Tensor;
  /** [batch, time, 2·width]: recurrence gates r and input gates i side by side, before their sigmoids. */
  readonly gates: Tensor;
  /** Λ [width]: a channel decays by exp(−8 softplus(Λ)) a step while its recurrence gate is open. */
  readonly lambda: Tensor;
  /** [batch, width]: the state before the first step; zero when absent. */
  readonly h0?: Tensor;
}

/**
 * h_t = a_t h_{t−1} + √(1 − a_t²) σ(i_t) x_t with log a_t = −8 softplus(Λ) σ(r_t), over all of time in one launch. One
 * step at a time is time 1 with `h0`.
 * @returns the state after each step, [batch, time, width]
 */
export function rgLru({ x, gates, lambda, h0 }: RgLruInputs): Tensor<'f32'> {
  const { device } = x;
  const [batch, time, width] = x.shape;
  const expect = (name: string, tensor: Tensor | undefined, wanted: readonly number[]): void => {
    if (tensor && tensor.size !== sizeOf(wanted)) throw new ShapeError('rgLru', `${name} [${tensor.shape}]`, `[${wanted}]`);
  };
  if (x.shape.length !== 3) throw new ShapeError('rgLru', `x [${x.shape}]`, '[batch, time, width]');
  expect('gates', gates, [batch, time, 2 * width]);
  expect('lambda', lambda, [width]);
  expect('h0', h0, [batch, width]);
  const shape = { batch, time, width, initial: h0 ? 1 : 0 };
  const given = { x, gates, lambda, h0: h0 ?? device.dummy };
  const h = device.empty(x.shape);
  device.dispatch(rgLruForward, shape, { ...given, h });
  const backward = (dh: Tensor): (Tensor | null)[] => {
    const [dx, dgates] = [device.empty(x.shape), device.empty(gates.shape)];
    const [dlambda, dh0] = [device.empty([batch, width]), device.empty([batch, width])];
    device.dispatch(rgLruBackward, shape, { ...given, h, dh, dx, dgates, dlambda, dh0 });
    if (lambda.requiresGradient) accumulateRows(dlambda, accumulator(lambda));
    return [dx, dgates, null, ...(h0 ? [dh0] : [])];
  };
  op('rgLru', [x, gates, lambda, ...(h0 ? [h0] : [])], [h], ([dh]) => backward(dh as Tensor));
  return h;
}
