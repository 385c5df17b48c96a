/** Batches of demonstrations as the discovery loop reads them, for each view. */
import {
  applySymmetries,
  assignPartners,
  type EpisodeBatch,
  type ObservationSpace,
  randomSymmetries,
  squareSymmetries,
  touchedColours,
  touchSteps,
} from '@coxswain/envs';
import type { DiscoveryBatch, View } from '@coxswain/metacontroller';
import { withFinalObservation } from './world.js';

/**
 * @param seed and @param step decide partners and symmetries, nothing else does.
 * @returns the batch, and how many episodes had no partner but themselves (view `partner`).
 */
export function discoveryBatch(
  space: ObservationSpace,
  episodes: EpisodeBatch,
  view: View,
  seed: number,
  step: number,
): { batch: DiscoveryBatch; alone: number } {
  const { size, steps, layout, position, action, mask, length } = episodes;
  const plain: DiscoveryBatch = {
    batch: size,
    time: steps,
    indices: withFinalObservation(space, episodes),
    actions: action,
    mask,
    lengths: length,
  };
  if (view === 'partner') {
    const touched = touchedColours({ layout, position, length, steps }, space.world.colours);
    const { partner, alone } = assignPartners(touched, seed, step);
    return { batch: { ...plain, partner }, alone };
  }
  if (view === 'symmetry' || view === 'touches') {
    const turned = applySymmetries(squareSymmetries(space.world.size), randomSymmetries(seed, step, size), { layout, position, action });
    const viewIndices = withFinalObservation(space, { steps, ...turned });
    if (view === 'symmetry') return { batch: { ...plain, viewIndices }, alone: 0 };
    return { batch: { ...plain, viewIndices, viewSteps: touchSteps({ layout, position, length, steps }, space.world.colours) }, alone: 0 };
  }
  return { batch: plain, alone: 0 };
}
