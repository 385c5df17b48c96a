/** The clipped surrogate of proximal policy optimisation, and how far it has moved the policy. */
import {
  clippedObjectiveBackward,
  clippedStatistics,
  clippedObjective as objectiveKernel,
  partsOf,
  weightedMeans,
} from '@coxswain/kernels';
import { noGradient, op } from '../autograd.js';
import { requirePositive } from '../checks.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor.js';

/**
 * −min(ratio · A, clamp(ratio, 1 − clip, 1 + clip) · A) of each decision, ratio = exp(new − old)
 * (arXiv 1707.06347, eq. 7, negated).
 * @param newLogProb [N], or [B, T]
 * @param oldLogProb likewise; it has no gradient, nor has the advantage
 * @param advantage one for each decision, or one for every so many neighbours: [B] beside [B, T]
 * @returns a loss of newLogProb's shape
 */
export function clippedObjective(
  newLogProb: Tensor,
  oldLogProb: Tensor,
  advantage: Tensor,
  { clip }: { readonly clip: number },
): Tensor<'f32'> {
  const { device } = newLogProb;
  requirePositive('clippedObjective', 'clip', clip);
  const count = newLogProb.size;
  const period = count === 0 && advantage.size === 0 ? 1 : count / advantage.size;
  if (oldLogProb.size !== count || !Number.isInteger(period)) {
    throw new ShapeError(
      'clippedObjective',
      `[${newLogProb.shape}], [${oldLogProb.shape}] and advantages [${advantage.shape}]`,
      'two alike and a whole fraction of their size',
    );
  }
  const shape = { count, period, clip };
  const loss = device.empty(newLogProb.shape);
  device.dispatch(objectiveKernel, shape, { newLogProb, oldLogProb, advantage, loss });
  const backward = (dloss: Tensor): Tensor => {
    const dnewLogProb = device.empty(newLogProb.shape);
    device.dispatch(clippedObjectiveBackward, shape, { newLogProb, oldLogProb, advantage, dloss, dnewLogProb });
    return dnewLogProb;
  };
  const options = { saves: [newLogProb, oldLogProb, advantage], constants: { oldLogProb, advantage } };
  op('clippedObjective', [newLogProb], [loss], ([dloss]) => [backward(dloss as Tensor)], options);
  return loss;
}

/**
 * How far the new policy is from the old one on the decisions under `mask`. It has no gradient.
 * @param newLogProb of any shape
 * @param oldLogProb of that shape
 * @param mask of that shape
 * @returns [3]: approximate KL in nats, mean((ratio − 1) − log ratio); fraction of ratios outside 1 ± clip; Σ mask
 */
export function clippedObjectiveStatistics(
  newLogProb: Tensor,
  oldLogProb: Tensor,
  mask: Tensor,
  { clip }: { readonly clip: number },
): Tensor<'f32'> {
  const { device } = newLogProb;
  requirePositive('clippedObjectiveStatistics', 'clip', clip);
  const count = newLogProb.size;
  if (oldLogProb.size !== count || mask.size !== count) {
    throw new ShapeError(
      'clippedObjectiveStatistics',
      `[${newLogProb.shape}], [${oldLogProb.shape}] and mask [${mask.shape}]`,
      'as many of each',
    );
  }
  const parts = partsOf(count);
  const partial = device.empty([3, parts]);
  const out = device.empty([3]);
  device.dispatch(clippedStatistics, { count, parts, clip }, { newLogProb, oldLogProb, mask, partial });
  device.dispatch(weightedMeans, { parts, quantities: 2 }, { partial, out });
  noGradient('clippedObjectiveStatistics', { newLogProb, oldLogProb, mask }, [out]);
  return out;
}
