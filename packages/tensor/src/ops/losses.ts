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
import { ShapeError } from '../errors.js';
import { Tensor } from '../tensor.js';

/**
 * −log softmax(logits)[target] per row, in nats.
 * @param logits [N, classes]
 * @param targets i32 [N]; −1 for padding, which costs nothing and has no gradient.
 * @returns [N]
 */
export function crossEntropy(logits: Tensor, targets: Tensor): Tensor {
  const { device } = logits;
  const [rows, classes] = logits.shape;
  if (logits.shape.length !== 2 || targets.size !== rows)
    throw new ShapeError('crossEntropy', `logits [${logits.shape}], targets [${targets.shape}]`, '[N, classes] and [N]');
  const nll = device.empty([rows]);
  device.dispatch(crossEntropyKernel, { rows, classes }, { logits, targets, nll });
  op('crossEntropy', [logits], [nll], ([dnll]) => {
    const dlogits = device.empty(logits.shape);
    device.dispatch(crossEntropyBackward, { rows, classes }, { logits, targets, dnll: dnll as Tensor, dlogits });
    return [dlogits];
  });
  return nll;
}

/** Σ values·mask / Σ mask, [1]; 0 where the mask is empty. `mask` has the same number of elements. */
export function maskedMean(values: Tensor, mask: Tensor): Tensor {
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
  op('maskedMean', [values], [mean], ([dmean]) => {
    const dvalues = device.empty(values.shape);
    device.dispatch(maskedMeanBackward, { count }, { mask, mean: both, dmean: dmean as Tensor, dvalues });
    return [dvalues];
  });
  return mean;
}
