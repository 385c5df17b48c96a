/** What a run saves, and what it goes on from, has to be finite: a checkpoint is there to go on from. */
import { NotFiniteError, readSafetensors, requireFiniteNumbers } from '@coxswain/tensor';
import { SpoiltRunError } from '../errors.js';

const isTensors = (name: string): boolean => name.endsWith('.safetensors');

/** @throws SpoiltRunError for a number that is NaN or infinite in the files of a snapshot. */
export function requireFiniteSnapshot(files: Readonly<Record<string, Uint8Array>>, step: number): void {
  for (const [name, bytes] of Object.entries(files)) {
    if (!isTensors(name)) continue;
    try {
      requireFiniteNumbers(readSafetensors(bytes, name).tensors);
    } catch (error) {
      if (!(error instanceof NotFiniteError)) throw error;
      throw new SpoiltRunError(`${error.where} of ${name} at step ${step}`, String(error.number));
    }
  }
}

/**
 * Looks at a model or state that is about to be used.
 * @param path the file, for the message.
 * @throws NotFiniteError that names file, tensor and place.
 */
export function requireFiniteFile(bytes: Uint8Array, path: string): void {
  if (!isTensors(path)) return;
  requireFiniteNumbers(readSafetensors(bytes, path).tensors, {
    how: `in ${path}`,
    remedy: 'Restore the file from a copy or an earlier checkpoint (--keep), or train it anew',
  });
}
