import { type AdamW, findCulprit, NotFiniteError } from '@coxswain/tensor';
import type { Replica } from './replica.js';
import type { ClippedUpdate, EpochStatistics } from './update.js';

/** What an update said of itself, and which it was. */
export type Statistics = { readonly index: number; readonly epochs: readonly EpochStatistics[] };

type Learning = Replica & { readonly optimiser: AdamW; readonly update: ClippedUpdate };

/**
 * Looks for what made a number NaN or infinite: parameters and moments, the operations of a step of the rollout, what
 * the last update read, the operations of an epoch. Returns where nothing is found.
 * @throws NotFiniteError that names it.
 */
export async function explainUpdate(replicas: readonly Learning[]): Promise<void> {
  for (const { learner, rollout, optimiser, update, frozen } of replicas) {
    const { device } = learner.store;
    const stores = { policy: learner.store, ...frozen };
    await findCulprit(device, { stores, inputs: {}, optimisers: { policy: optimiser }, programs: rollout.replay() });
    await findCulprit(device, { stores: {}, optimisers: {}, ...update.replay });
  }
}

/**
 * Looks at the losses and gradient norms of an update.
 * @param replicas as the update left them.
 * @throws NotFiniteError where one is not finite; see `explainUpdate`.
 */
export async function requireFiniteUpdate({ index, epochs }: Statistics, replicas: readonly Learning[]): Promise<void> {
  const statistics = epochs.flatMap((epoch, at) => Object.entries(epoch).map(([name, value]) => ({ name, value, at })));
  const bad = statistics.find(({ value }) => !Number.isFinite(value));
  if (!bad) return;
  await explainUpdate(replicas);
  throw new NotFiniteError(`${bad.name} of update ${index}`, bad.at, bad.value, {
    how: 'and its last epoch, run again, gave none',
    remedy: 'Go on from the last checkpoint with a lower learning rate',
  });
}
