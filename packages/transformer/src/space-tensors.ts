/** Values of spaces on a device, and what a batch of them may hold. */
import { type LeafSpace, type LeafValues, leafSize, leavesOf, type Space } from '@coxswain/base';
import { ArgumentError, type Device, NotFiniteError, type Tensor } from '@coxswain/tensor';

/** Values of a space on a device: a tensor for each of its leaves, or the tensor where it has one. */
export type Observed = Tensor | readonly Tensor[];

/** The tensors, one for each leaf. */
export const tensorsOf = (values: Observed): readonly Tensor[] => (Array.isArray(values) ? values : [values as Tensor]);

/** Shape of `count` values of a leaf: rows have their slots beside each other, boxes their numbers. */
const shapeOf = (space: LeafSpace, count: number): number[] => (space.kind === 'discrete' ? [count] : [count, leafSize(space)]);

/** Device tensors for `count` values of a space, one for each leaf. Pictures (boxes of u8) become f32 shares of 255. */
export function spaceTensors(device: Device, space: Space, count: number): readonly Tensor[] {
  return leavesOf(space).map(({ space: leaf }) => {
    const shape = shapeOf(leaf, count);
    const size = shape.reduce((product, n) => product * n, 1);
    return device.tensor(leaf.kind === 'box' ? new Float32Array(size) : new Int32Array(size), shape);
  });
}

/** What a leaf's tensor holds of host values. */
const uploaded = (values: LeafValues): Float32Array | Int32Array =>
  values instanceof Uint8Array ? Float32Array.from(values, (value) => value / 255) : values;

/**
 * Uploads values, leaf by leaf.
 * @param part which of as many equal parts as the values fill the tensors; the first by default.
 * @throws ArgumentError where a leaf is missing.
 */
export function writeValues(tensors: readonly Tensor[], values: readonly LeafValues[], part = 0): void {
  if (values.length !== tensors.length)
    throw new ArgumentError('writeValues', `${values.length} arrays`, `${tensors.length}, one for each leaf of the space`);
  for (const [i, tensor] of tensors.entries()) tensor.write(uploaded(values[i].subarray(part * tensor.size, (part + 1) * tensor.size)));
}

/** The part of a batch that the host looks at before it is uploaded. */
export interface Checkable {
  readonly time: number;
  readonly observation: readonly LeafValues[];
  readonly mask: Float32Array;
}

/** What is wrong with one number of a leaf, and what was expected; nothing where it is right. */
export function wrongValue(space: LeafSpace, value: number): string | undefined {
  if (space.kind === 'rows')
    return value >= -1 && value < space.rows && Number.isInteger(value)
      ? undefined
      : `a row of the embedding from 0 to ${space.rows - 1}, or −1 for none`;
  if (space.kind === 'discrete')
    return value >= 0 && value < space.count && Number.isInteger(value) ? undefined : `a whole number from 0 to ${space.count - 1}`;
  const { low = -Infinity, high = Infinity } = space;
  if (Number.isFinite(value) && value >= low && value <= high) return undefined;
  return Number.isFinite(low) || Number.isFinite(high) ? `a number from ${low} to ${high}` : 'a finite number';
}

/**
 * Looks at a batch of sequences on the host, before it reaches the model.
 * @param space of its observations.
 * @param observations of a sequence, where there are more than `batch.time` of them.
 * @throws ArgumentError for an observation that is none of the space, NotFiniteError for a mask of NaN or infinity: both name sequence and
 * step.
 */
export function requireReadable(operation: string, { time, observation, mask }: Checkable, space: Space, observations = time): void {
  for (const [leaf, { path, space: part }] of leavesOf(space).entries()) {
    const values = observation[leaf];
    if (!values)
      throw new ArgumentError(operation, `no observation${path && ` ${path}`}`, 'an array for each leaf of the observation space');
    const size = leafSize(part);
    for (let i = 0; i < values.length; i++) {
      const expected = wrongValue(part, values[i]);
      if (expected === undefined) continue;
      const at = Math.floor(i / size);
      const place = part.kind === 'rows' ? `slot ${i % size}` : `number ${i % size}`;
      const where = `in ${place} of step ${at % observations} of sequence ${Math.floor(at / observations)}`;
      throw new ArgumentError(operation, `observation${path && ` ${path}`} ${values[i]} ${where}`, expected);
    }
  }
  for (let i = 0; i < mask.length; i++) {
    if (Number.isFinite(mask[i])) continue;
    const how = `at step ${i % time} of sequence ${Math.floor(i / time)}, given to ${operation}`;
    throw new NotFiniteError('mask', i, mask[i], { how, remedy: 'Correct what makes the batches' });
  }
}
