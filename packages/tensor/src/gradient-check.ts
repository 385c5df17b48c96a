/** Compares gradients with central differences along random directions. */
import { backward } from './autograd.js';
import type { Device } from './device.js';
import type { Tensor } from './tensor.js';

/** An input of a checked function. */
export interface CheckedInput {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/**
 * How far gradients are from central differences: for operations of one's own, in their tests.
 *
 * Relative error between the gradient along a direction, `∇f·v`, and `(f(x+εv) − f(x−εv)) / 2ε`, for each input in
 * turn. The direction is the gradient itself plus noise, so that the derivative is never near zero by chance.
 * @param loss builds a one-element loss from the inputs; it must be smooth around them.
 * @param epsilon length of a step along the direction; in f32, rounding and curvature leave an error near 1e-3.
 * @returns the error of each input by its name
 * @throws what `loss` and `backward` throw, such as GradientError for an operation without a gradient.
 */
export async function gradientErrors(
  device: Device,
  inputs: Readonly<Record<string, CheckedInput>>,
  loss: (inputs: Record<string, Tensor<'f32'>>) => Tensor,
  epsilon = 1e-2,
): Promise<Record<string, number>> {
  using _scope = device.scope();
  const evaluate = async (values: Record<string, Float32Array>): Promise<number> => {
    using _inner = device.scope();
    const tensors = Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, device.tensor(values[name], shape)]));
    return loss(tensors).item();
  };
  const base = Object.fromEntries(Object.entries(inputs).map(([name, { data }]) => [name, data]));
  const leaves = Object.fromEntries(
    Object.entries(inputs).map(([name, { data, shape }]) => [name, device.tensor(data, shape).requireGradient()]),
  );
  backward(loss(leaves));
  const errors: Record<string, number> = {};
  let seed = 1;
  for (const [name, leaf] of Object.entries(leaves)) {
    const gradient = await (leaf.gradient as Tensor<'f32'>).read();
    const norm = Math.hypot(...gradient) || 1;
    const direction = gradient.map((g, i) => g / norm + Math.sin((i + 1) * 12.9898 * seed) / Math.sqrt(gradient.length));
    seed++;
    const length = Math.hypot(...direction);
    const unit = direction.map((v) => v / length);
    const moved = (sign: number): Record<string, Float32Array> => ({
      ...base,
      [name]: base[name].map((x, i) => x + sign * epsilon * unit[i]),
    });
    const numeric = ((await evaluate(moved(1))) - (await evaluate(moved(-1)))) / (2 * epsilon);
    const analytic = gradient.reduce((sum, g, i) => sum + g * unit[i], 0);
    errors[name] = Math.abs(numeric - analytic) / Math.max(Math.abs(numeric), Math.abs(analytic), 1e-6);
  }
  return errors;
}
