/** Batches of recorded episodes as sequence models and metacontrollers are trained on them. */
import { arraysOf, type LeafValues, type Space } from '@coxswain/base';
import { labelsOf, type TrajectoryBatch } from './batches.js';
import { EnvError } from './errors.js';
import type { Trajectories } from './trajectories.js';

/** Mean steps of an episode. */
export function meanLength({ length, count }: Pick<Trajectories, 'length' | 'count'>): number {
  return length.reduce((a, b) => a + b, 0) / count;
}

/** Steps side by side, an array for each leaf of a space. */
interface Steps {
  /** B. */
  readonly batch: number;
  /** T. */
  readonly time: number;
  readonly observation: readonly LeafValues[];
  /** Of B·T. */
  readonly action: readonly LeafValues[];
  /** `[B·T]` 1 where a step happened. */
  readonly mask: Float32Array;
}

/**
 * The steps of a batch of episodes as a sequence model trains on them (a `SequenceBatch` of `@coxswain/transformer`):
 * B·T observations.
 * @param predicted what it learns to predict, if anything.
 */
export function sequenceBatch(batch: TrajectoryBatch, predicted?: Space): Steps & { readonly predicted?: readonly LeafValues[] } {
  const { trajectories, index, size, steps, mask } = batch;
  return {
    batch: size,
    time: steps,
    observation: arraysOf(trajectories.observationSpace, trajectories.observe(index, steps - 1)),
    action: actionsOf(batch),
    ...(predicted && { predicted: arraysOf(predicted, trajectories.predicted?.(index, steps)) }),
    mask,
  };
}

/**
 * Whole episodes as discovery reads them (a `DiscoveryBatch` of `@coxswain/metacontroller`): B·(T + 1) observations,
 * the final ones included.
 */
export function episodeBatch(batch: TrajectoryBatch): Steps & { readonly lengths: Uint32Array } {
  const { size, steps, mask, length } = batch;
  return { batch: size, time: steps, observation: withFinalObservation(batch), action: actionsOf(batch), mask, lengths: length };
}

/** The observations of a batch with the final one. @param turned the symmetry that each episode is seen under. */
export function withFinalObservation(
  { trajectories, index, steps }: Pick<TrajectoryBatch, 'trajectories' | 'index' | 'steps'>,
  turned?: ArrayLike<number>,
): readonly LeafValues[] {
  return arraysOf(trajectories.observationSpace, trajectories.observe(index, steps, turned));
}

/** What was done in a batch. */
export const actionsOf = ({ trajectories, index, steps }: TrajectoryBatch): readonly LeafValues[] =>
  arraysOf(trajectories.actionSpace, trajectories.actions(index, steps));

/**
 * The observations of each episode at which something had just been reached, by their step (1 and up): what the view
 * `touches` shows.
 * @throws EnvError `bad-argument` where the episodes do not say what was reached.
 */
export function eventSteps(batch: TrajectoryBatch): number[][] {
  const { trajectories, size, steps } = batch;
  if (!trajectories.event)
    throw new EnvError('bad-argument', 'episodes without events', 'what each step reached', 'record them, or show whole episodes');
  const event = labelsOf(batch, trajectories.event, -1);
  return Array.from({ length: size }, (_, i) =>
    [...event.subarray(i * steps, (i + 1) * steps)].flatMap((one, t) => (one >= 0 ? [t + 1] : [])),
  );
}
