import type { AdamW } from './adamw.js';
import { findCulprit, type StepParts } from './culprit.js';
import type { Device } from './device.js';
import { NotFiniteError } from './errors.js';
import type { TensorData } from './tensor.js';

/** What went wrong in updates, by what was read back of them. */
export interface Spoilt {
  /** Losses and gradient norms, or sums of them. */
  readonly sums: ArrayLike<number>;
  /** How many updates they are of. */
  readonly updates: number;
  /** `AdamW.skipped` of each optimiser, in their order. */
  readonly skipped: readonly TensorData[];
  readonly optimisers: readonly AdamW[];
}

/**
 * Looks at what was read back of some updates, and where a number is not finite, or an update was skipped, for what
 * made it so.
 * @param last the parts of the last of these updates; see `findCulprit`.
 * @throws NotFiniteError that names the culprit; where it left no trace in the last update, one that says how many it
 * is among.
 */
export async function requireFiniteUpdates(device: Device, { sums, updates, skipped, optimisers }: Spoilt, last: StepParts | undefined) {
  const bad = Array.prototype.findIndex.call(sums, (value: number) => !Number.isFinite(value));
  const missed = skipped.reduce((sum, [count], i) => sum + count - optimisers[i].skippedBefore, 0);
  if (bad < 0 && missed === 0) return;
  if (last) await findCulprit(device, last);
  throw new NotFiniteError('losses and gradient norms', Math.max(0, bad), bad < 0 ? Number.NaN : sums[bad], {
    how: `from one of the last ${updates} updates, which the last of them, run again, did not show; ${missed} were skipped`,
    remedy: 'Go on from the last checkpoint with a lower learning rate, and ask for metrics after every update to see which it is',
  });
}
