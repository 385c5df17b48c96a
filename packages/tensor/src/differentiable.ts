/** What has to hold before anything is differentiated. */
import type { Barrier, Node } from './autograd.js';
import { GradientError, ShapeError } from './errors.js';
import type { Tensor } from './tensor.js';

/** @throws ShapeError or GradientError for a loss, or a gradient to start from, that cannot be differentiated. */
export function requireSeed(loss: Tensor, seed: Tensor | undefined): void {
  if (!loss.requiresGradient)
    throw new ShapeError('backward', 'a loss that depends on nothing that requires a gradient', 'a recorded loss');
  if (loss.barrier) throw refusal('backward', loss.barrier);
  if (!seed) return;
  if (seed.dtype !== 'f32') throw new ShapeError('backward', `a seed of ${seed.dtype}`, 'one of f32');
  const alike = seed.shape.length === loss.shape.length && seed.shape.every((n, i) => n === loss.shape[i]);
  if (!alike) throw new ShapeError('backward', `a seed of shape [${seed.shape}]`, `that of the loss, [${loss.shape}]`);
}

function refusal(through: string, { operation, input }: Barrier): GradientError {
  const value = `a gradient of "${input}" of ${operation}`;
  return new GradientError('no-gradient', `${through}: ${value} was asked for, and ${operation} has none for it`, {
    value,
    expected: 'operations with a gradient between the loss and what requires one',
    remedy: `pass ${input}.detach() where gradients are meant to stop there`,
  });
}

/** @throws GradientError where the node's gradient cannot be had, or would not be that of what was computed. */
export function requireDifferentiable({ name, barrier, saved }: Node): void {
  if (barrier) throw refusal(name, barrier);
  for (const { tensor, storage, changes } of saved) {
    if (storage.changes.count === changes) continue;
    const value = `${tensor}, which the gradient of ${name} needs`;
    throw new GradientError('changed', `backward: ${value}, was changed in place since ${name} was computed`, {
      value,
      expected: 'values as they were',
      remedy: 'call backward before the change, or change a copy',
    });
  }
}
