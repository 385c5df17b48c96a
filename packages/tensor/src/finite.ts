import { NotFiniteError, type NotFiniteFacts } from './errors.js';
import type { Tensor } from './tensor.js';

const isNotFinite = (value: number): boolean => !Number.isFinite(value);

/**
 * Downloads f32 tensors and looks for NaN and infinities: a check for when something has gone wrong, not for every
 * step.
 * @param tensors by the name that the error shows.
 * @throws NotFiniteError for the first such number.
 */
export async function assertFinite(tensors: Readonly<Record<string, Tensor>>, facts?: NotFiniteFacts): Promise<void> {
  const [first] = Object.values(tensors);
  if (!first) return;
  const data = await first.device.read(Object.values(tensors));
  requireFiniteNumbers(
    Object.keys(tensors).map((name, i) => [name, { data: data[i] }]),
    facts,
  );
}

/**
 * The same for numbers on the host: what a file holds, or a `ParameterStore` saved. Integers are finite.
 * @param named arrays by the name that the error shows.
 * @throws NotFiniteError for the first such number.
 */
export function requireFiniteNumbers(named: Iterable<readonly [string, { readonly data: ArrayBufferView }]>, facts?: NotFiniteFacts): void {
  for (const [name, { data }] of named) {
    if (!(data instanceof Float32Array || data instanceof Float64Array)) continue;
    const at = (data as Float32Array).findIndex(isNotFinite);
    if (at >= 0) throw new NotFiniteError(name, at, data[at], facts);
  }
}
