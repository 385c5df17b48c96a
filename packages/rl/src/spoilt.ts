import { type AdamW, findCulprit, NotFiniteError } from '@coxswain/tensor';
import type { Replica } from './replica.js';
import type { ClippedUpdate, EpochStatistics } from './update.js';

/** What an update said of itself, and which it was. */
export type Statistics = { readonly index: number; readonly epochs: readonly EpochStatistics[] };

/**
 * Looks at the losses and gradient norms of an update, and where one is not finite for what made it so: parameters and moments, the
 * operations of a step of the rollout, what the update read, the operations of an epoch.
 * @param replicas as the update left them.
 * @throws NotFiniteError that names it.
 */
export async function requireFiniteUpdate(
  { index, epochs }: Statistics,
  replicas: readonly (Replica & { readonly optimiser: AdamW; readonly update: ClippedUpdate })[],
): Promise<void> {
  const statistics = epochs.flatMap((epoch, at) => Object.entries(epoch).map(([name, value]) => ({ name, value, at })));
  const bad = statistics.find(({ value }) => !Number.isFinite(value));
  if (!bad) return;
  for (const { learner, rollout, optimiser, update, frozen } of replicas) {
    const { device } = learner.store;
    const stores = { policy: learner.store, ...frozen };
    await findCulprit(device, { stores, inputs: {}, optimisers: { policy: optimiser }, programs: rollout.replay() });
    await findCulprit(device, { stores: {}, optimisers: {}, ...update.replay });
  }
  throw new NotFiniteError(`${bad.name} of update ${index}`, bad.at, bad.value, {
    how: 'and its last epoch, run again, gave none',
    remedy: 'Go on from the last checkpoint with a lower learning rate',
  });
}
