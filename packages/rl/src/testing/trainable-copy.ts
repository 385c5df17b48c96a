import { HostRandom } from '@coxswain/base';
import { ParameterStore } from '@coxswain/tensor';
import type { SequenceModel } from '@coxswain/transformer';

/**
 * A model with parameters of its own, trainable, that start as those of `model`. Dispose of the model and its store.
 */
export function trainableCopy(model: SequenceModel): SequenceModel {
  const store = new ParameterStore(model.device);
  const copy = model.declareIn(store);
  store.finish(new HostRandom(0));
  model.device.copy(model.store.flat, store.flat);
  return copy;
}
