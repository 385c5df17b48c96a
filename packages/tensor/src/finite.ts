import { NotFiniteError } from './errors.js';
import type { Tensor } from './tensor.js';

/**
 * Downloads f32 tensors and looks for NaN and infinities: a check for when something has gone wrong, not for every step.
 * @param tensors by the name that the error shows.
 * @throws NotFiniteError for the first such number.
 */
export async function assertFinite(tensors: Readonly<Record<string, Tensor>>): Promise<void> {
  const [first] = Object.values(tensors);
  if (!first) return;
  const data = await first.device.read(Object.values(tensors));
  Object.keys(tensors).forEach((name, i) => {
    const at = data[i].findIndex((value) => !Number.isFinite(value));
    if (at >= 0) throw new NotFiniteError(name, at, data[i][at]);
  });
}
