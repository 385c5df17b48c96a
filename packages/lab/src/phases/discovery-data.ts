/** Batches of demonstrations as the discovery loop reads them, for each view. */
import {
  applySymmetries,
  assignPartners,
  type EpisodeBatch,
  type GridObservation,
  randomSymmetries,
  squareSymmetries,
  touchedColours,
  touchSteps,
} from '@coxswain/envs';
import { type DiscoveryBatch, showsMoments, type View } from '@coxswain/metacontroller';
import { NoMomentsError } from '../errors.js';
import type { StepTable } from './moments/step-table.js';
import { withFinalObservation } from './world.js';

/** What the views of moments are made of, beside the episodes. */
export interface Shown {
  /** Moments of each episode of the set, in place of touches. */
  readonly moments?: StepTable | undefined;
  /** Whether under a random symmetry; so by default. */
  readonly symmetry?: boolean | undefined;
}

/**
 * @param seed and @param step decide partners and symmetries, nothing else does.
 * @returns the batch, and how many episodes had no partner but themselves (view `partner`).
 */
export function discoveryBatch(
  space: GridObservation,
  episodes: EpisodeBatch,
  view: View,
  seed: number,
  step: number,
  { moments, symmetry = true }: Shown = {},
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
  if (view !== 'symmetry' && !showsMoments(view)) return { batch: plain, alone: 0 };
  const turned =
    symmetry || view === 'symmetry'
      ? applySymmetries(squareSymmetries(space.world.size), randomSymmetries(seed, step, size), { layout, position, action })
      : { layout, position };
  const viewIndices = withFinalObservation(space, { steps, ...turned });
  if (view === 'symmetry') return { batch: { ...plain, viewIndices }, alone: 0 };
  if (view !== 'touches' && !moments)
    throw new NoMomentsError(
      `View ${view}, and a model that says of no moment that it was shown`,
      'moments in the metadata of its model.safetensors',
      'Train it anew.',
    );
  const viewSteps = moments
    ? Array.from(episodes.index, (i) => moments.at(i))
    : touchSteps({ layout, position, length, steps }, space.world.colours);
  return { batch: { ...plain, viewIndices, viewSteps }, alone: 0 };
}
