/** Losses over rows, and their masked means. */
import {
  crossEntropyBackward,
  crossEntropy as crossEntropyKernel,
  maskedMeanBackward,
  maskedSums,
  partsOf,
  weightedMeans,
} from '@coxswain/kernels';
import { op } from '../autograd.js';
import { requireDType } from '../checks.js';
import { ShapeError } from '../errors.js';
import { Tensor } from '../tensor.js';

/**
 * −log softmax(logits)[target] per row, in nats.
 * @param logits [N, classes]
 * @param targets i32 [N]; −1 for padding, which costs nothing and has no gradient.
 * @returns [N]
 */
export function crossEntropy(logits: Tensor, targets: Tensor): Tensor<'f32'> {
  const { device } = logits;
  const [rows, classes] = logits.shape;
  if (logits.shape.length !== 2 || targets.size !== rows)
    throw new ShapeError('crossEntropy', `logits [${logits.shape}], targets [${targets.shape}]`, '[N, classes] and [N]');
  requireDType('crossEntropy', 'targets', targets, 'i32');
  if (classes === 0) throw new ShapeError('crossEntropy', `logits [${logits.shape}]`, 'at least one class');
  const nll = device.empty([rows]);
  device.dispatch(crossEntropyKernel, { rows, classes }, { logits, targets, nll });
  const backward = (dnll: Tensor): Tensor => {
    const dlogits = device.empty(logits.shape);
    device.dispatch(crossEntropyBackward, { rows, classes }, { logits, targets, dnll, dlogits });
    return dlogits;
  };
  op('crossEntropy', [logits], [nll], ([dnll]) => [backward(dnll as Tensor)], { saves: [logits, targets] });
  return nll;
}

/**
 * Σ values·mask / Σ mask, [1]; 0 where the mask is empty. `mask` has the same number of elements, and no gradient.
 * @param values of any shape
 * @param mask of that shape
 * @returns [1]
 */
export function maskedMean(values: Tensor, mask: Tensor): Tensor<'f32'> {
  const { device } = values;
  const count = values.size;
  if (mask.size !== count) throw new ShapeError('maskedMean', `values [${values.shape}] and mask [${mask.shape}]`, 'as many of each');
  const parts = partsOf(count);
  const partial = device.empty([2, parts]);
  // (mean, Σ mask): the second is what the gradient divides by.
  const both = device.empty([2]);
  device.dispatch(maskedSums, { count, parts }, { values, mask, partial });
  device.dispatch(weightedMeans, { parts, quantities: 1 }, { partial, out: both });
  const mean = new Tensor(device, [1], 'f32', both.storage, both.byteOffset);
  const backward = (dmean: Tensor): Tensor => {
    const dvalues = device.empty(values.shape);
    device.dispatch(maskedMeanBackward, { count }, { mask, mean: both, dmean, dvalues });
    return dvalues;
  };
  op('maskedMean', [values], [mean], ([dmean]) => [backward(dmean as Tensor)], { saves: [mask, both], constants: { mask } });
  return mean;
}
