/** Held-out episodes in the batches that measures read them in. */
import type { Trajectories } from '@coxswain/envs';

/** Episodes in a batch. */
const SIZE = 250;

/** Places of the episodes in batches. Those of similar length share one, so that little of it is padding. */
export function byLength(episodes: Pick<Trajectories, 'count' | 'length'>): Uint32Array[] {
  const order = Uint32Array.from({ length: episodes.count }, (_, i) => i).sort((a, b) => episodes.length[a] - episodes.length[b] || a - b);
  return Array.from({ length: Math.ceil(order.length / SIZE) }, (_, i) => order.subarray(i * SIZE, (i + 1) * SIZE));
}
