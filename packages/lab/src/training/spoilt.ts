import { SpoiltRunError } from '../errors.js';

/**
 * Does the work of a training run. Where a metric or a state to be saved is not finite, asks the training for what made
 * it so, which says more: a parameter, an operation.
 * @param explain throws the culprit, where it finds one.
 */
export async function withCulprit<T>(explain: () => Promise<void>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SpoiltRunError) await explain();
    throw error;
  }
}
