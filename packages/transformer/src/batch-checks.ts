import { ArgumentError, NotFiniteError } from '@coxswain/tensor';

/** The part of a batch that the host looks at before it is uploaded. */
export interface Checkable {
  readonly time: number;
  readonly indices: Int32Array;
  readonly mask: Float32Array;
}

/**
 * Looks at a batch of sequences on the host, before it reaches the model.
 * @param rows of the observation embedding.
 * @param slots of an observation.
 * @param observations of a sequence, where there are more than `batch.time` of them.
 * @throws ArgumentError for an index that is no row, NotFiniteError for a mask of NaN or infinity: both name sequence and step.
 */
export function requireReadable(
  operation: string,
  { time, indices, mask }: Checkable,
  { vocabulary: rows, slots }: { readonly vocabulary: number; readonly slots: number },
  observations = time,
): void {
  for (let i = 0; i < indices.length; i++) {
    if (indices[i] >= -1 && indices[i] < rows) continue;
    const at = Math.floor(i / slots);
    const where = `in slot ${i % slots} of step ${at % observations} of sequence ${Math.floor(at / observations)}`;
    throw new ArgumentError(
      operation,
      `observation ${indices[i]} ${where}`,
      `a row of the embedding from 0 to ${rows - 1}, or −1 for none`,
    );
  }
  for (let i = 0; i < mask.length; i++) {
    if (Number.isFinite(mask[i])) continue;
    const how = `at step ${i % time} of sequence ${Math.floor(i / time)}, given to ${operation}`;
    throw new NotFiniteError('mask', i, mask[i], { how, remedy: 'Correct what makes the batches' });
  }
}
