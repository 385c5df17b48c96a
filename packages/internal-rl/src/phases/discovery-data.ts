/** Batches of demonstrations as the discovery loop reads them, for each view. */
import {
  assignPartners,
  type ConfiguredWorld,
  episodeBatch,
  eventSteps,
  labelsOf,
  randomSymmetries,
  type TrajectoryBatch,
  withFinalObservation,
} from '@coxswain/envs';
import { NoMomentsError, NotOfferedError, worldsWith } from '@coxswain/lab';
import { type DiscoveryBatch, showsMoments, type View } from '@coxswain/metacontroller';
import type { StepTable } from '../moments/step-table.js';

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
  { definition, spaces }: ConfiguredWorld,
  episodes: TrajectoryBatch,
  view: View,
  seed: number,
  step: number,
  { moments, symmetry = true }: Shown = {},
): { batch: DiscoveryBatch; alone: number } {
  const plain: DiscoveryBatch = episodeBatch(episodes);
  if (view === 'partner') {
    const { partner, alone } = assignPartners(touchesOf(episodes, definition.name, spaces.events.length), seed, step);
    return { batch: { ...plain, partner }, alone };
  }
  if (view !== 'symmetry' && !showsMoments(view)) return { batch: plain, alone: 0 };
  const turned = symmetry || view === 'symmetry';
  if (turned && definition.symmetries === undefined)
    throw new NotOfferedError(definition.name, `symmetry, which view ${view} shows episodes under`, 'symmetries', turning());
  const viewObservation = turned
    ? withFinalObservation(episodes, randomSymmetries(seed, step, episodes.size, definition.symmetries))
    : plain.observation;
  if (view === 'symmetry') return { batch: { ...plain, viewObservation }, alone: 0 };
  if (view !== 'touches' && !moments)
    throw new NoMomentsError(
      `View ${view}, and a model that says of no moment that it was shown`,
      'moments in the metadata of its model.safetensors',
      'Train it anew.',
    );
  const viewSteps = moments ? Array.from(episodes.index, (i) => moments.at(i)) : touchSteps(episodes, definition.name);
  return { batch: { ...plain, viewObservation, viewSteps }, alone: 0 };
}

const turning = (): string[] => worldsWith(({ symmetries }) => symmetries !== undefined);

/** What each step of a set reached. @throws NotOfferedError where that is not known. */
function knownEvents({ trajectories: { event } }: TrajectoryBatch, world: string): Int16Array {
  if (!event) throw new NotOfferedError(world, 'events', 'events, which views of touches and of partners ask for', []);
  return event;
}

/** `[B, T]` what each step of a batch reached. @throws NotOfferedError where that is not known. */
export const eventsOf = (episodes: TrajectoryBatch, world: string): Int16Array => labelsOf(episodes, knownEvents(episodes, world), -1);

/** What the view of touches shows. @throws NotOfferedError as `eventsOf`. */
function touchSteps(episodes: TrajectoryBatch, world: string): number[][] {
  knownEvents(episodes, world);
  return eventSteps(episodes);
}

/** What each episode reached, in order. */
function touchesOf(episodes: TrajectoryBatch, world: string, events: number) {
  const event = eventsOf(episodes, world);
  const { size, steps } = episodes;
  const colour = new Int16Array(size * steps).fill(-1);
  const count = new Uint16Array(size);
  for (let at = 0; at < event.length; at++) {
    const episode = Math.floor(at / steps);
    if (event[at] >= 0 && event[at] < events) colour[episode * steps + count[episode]++] = event[at];
  }
  return { colour, count, steps };
}
