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

/** Tensors by name, one for each leaf; those after the first are numbered. */
export const numbered = (name: string, tensors: readonly Tensor[]): Record<string, Tensor> =>
  Object.fromEntries(tensors.map((tensor, i) => [i ? `${name} ${i}` : name, tensor]));

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

/**
 * The first number of a leaf that is none of its space, from `from` up to `to`; −1 where all are.
 * @param padding whether a class of −1 may stand for none.
 */
export function firstWrong(space: LeafSpace, values: ArrayLike<number>, from = 0, to = values.length, padding = false): number {
  if (space.kind === 'box') {
    const { low = -Number.MAX_VALUE, high = Number.MAX_VALUE } = space;
    // NaN is in no range.
    for (let i = from; i < to; i++) if (!(values[i] >= low && values[i] <= high)) return i;
    return -1;
  }
  const low = space.kind === 'rows' || padding ? -1 : 0;
  const end = space.kind === 'rows' ? space.rows : space.count;
  for (let i = from; i < to; i++) if (!(values[i] >= low && values[i] < end && Number.isInteger(values[i]))) return i;
  return -1;
}

/** The same in words: what was expected. */
export function expectedOf(space: LeafSpace): string {
  if (space.kind === 'rows') return `a row of the embedding from 0 to ${space.rows - 1}, or −1 for none`;
  if (space.kind === 'discrete') return `a whole number from 0 to ${space.count - 1}`;
  const { low = -Infinity, high = Infinity } = space;
  return Number.isFinite(low) || Number.isFinite(high) ? `a number from ${low} to ${high}` : 'a finite number';
}

/** The part of a batch that the host looks at before it is uploaded. */
export interface Checkable {
  readonly time: number;
  readonly observation: readonly LeafValues[];
  readonly action: readonly LeafValues[];
  readonly mask: Float32Array;
}

/** @param steps of a sequence. @param unbounded whether boxes may leave their bounds. */
function requireValues(
  operation: string,
  name: string,
  arrays: readonly LeafValues[],
  space: Space,
  steps: number,
  { padding = false, unbounded = false } = {},
): void {
  for (const [leaf, { path, space: part }] of leavesOf(space).entries()) {
    const values = arrays[leaf];
    const what = `${name}${path && ` ${path}`}`;
    if (!values) throw new ArgumentError(operation, `no ${what}`, `an array for each leaf of the ${name} space`);
    const { low: _, high: __, ...free } = part as LeafSpace & { low?: number; high?: number };
    const judged = unbounded ? (free as LeafSpace) : part;
    const i = firstWrong(judged, values, 0, values.length, padding);
    if (i < 0) continue;
    const size = leafSize(part);
    const at = Math.floor(i / size);
    const place = part.kind === 'discrete' ? '' : part.kind === 'rows' ? `slot ${i % size} of ` : `number ${i % size} of `;
    const where = `in ${place}step ${at % steps} of sequence ${Math.floor(at / steps)}`;
    throw new ArgumentError(operation, `${what} ${values[i]} ${where}`, expectedOf(judged));
  }
}

/**
 * Looks at a batch of sequences on the host, before it reaches the model. Actions may leave the bounds of a box, as a
 * Gaussian's do.
 * @param spaces of the model.
 * @param observations of a sequence, where there are more than `batch.time` of them.
 * @throws ArgumentError for an observation or an action that is none of its space, NotFiniteError for a mask of NaN or
 * infinity: both name sequence and step.
 */
export function requireReadable(
  operation: string,
  { time, observation, action, mask }: Checkable,
  spaces: { readonly observation: Space; readonly action: Space },
  observations = time,
): void {
  requireValues(operation, 'observation', observation, spaces.observation, observations);
  requireValues(operation, 'action', action, spaces.action, time, { padding: true, unbounded: true });
  for (let i = 0; i < mask.length; i++) {
    if (Number.isFinite(mask[i])) continue;
    const how = `at step ${i % time} of sequence ${Math.floor(i / time)}, given to ${operation}`;
    throw new NotFiniteError('mask', i, mask[i], { how, remedy: 'Correct what makes the batches' });
  }
}
