/**
 * What a phase is going to cost, before it begins: counted on a device that computes nothing, timed by the adapter's
 * cost model.
 */

import { type Config, formatDuration, type Phase, probe, probeOf, type Work, yardstick } from '@coxswain/lab';
import { type Device, dryDevice } from '@coxswain/tensor';
import { secondsOf } from './fit.js';
import { costFolder, readCostModel, type StoredModel } from './stored.js';

export interface PhaseCost {
  readonly steps: number;
  /** Work of a step, on the mean. */
  readonly work: Work;
  /** Time steps of the episodes of a step, on the mean: tokens of the sequence model, steps of the worlds. */
  readonly timeSteps: number;
  /** Bytes that the device holds while it trains, and of the largest tensor. */
  readonly held: number;
  readonly largest: number;
  /** Demonstrations that are made a second, where it takes any. */
  readonly demonstrations?: number;
}

/** Steps that are counted: a few batches of every length. */
const STEPS = 16;

/** Whether a phase's cost can be told before it begins: those that train. */
export const isProbed = ({ probe }: Pick<Phase, 'probe'>): boolean => probe !== undefined;

/** Counts what a phase asks of an adapter of these traits, on one device. */
export async function phaseCost(phase: Phase, config: Config, traits: Device['traits']): Promise<PhaseCost> {
  using device = dryDevice(traits);
  const counted = await probe(phase, config, [device], probeOf(phase).alike ? 1 : STEPS);
  const { work, timeSteps, held, demonstrations } = counted;
  const { steps } = phase.length(config);
  return { steps, work, timeSteps, held, largest: device.pool.largestTaken, ...(demonstrations && { demonstrations }) };
}

/**
 * Seconds of its training steps; evaluations and checkpoints come on top.
 * @param beside what the yardstick takes now.
 */
export function projectedSeconds({ steps, work }: PhaseCost, { model }: StoredModel, beside: number): number {
  return (beside / model.yardstick) * steps * secondsOf(model.rates, work);
}

/** `about 12 min 10 s (±12 %)`. */
function projection(seconds: number, { model }: StoredModel): string {
  return `about ${formatDuration(seconds)} (±${Math.round(100 * model.error)} %)`;
}

/**
 * What a phase says of its duration at its start, where there is a model of cost for the devices that share its work.
 * It times the yardstick on them for that, some seconds.
 */
export async function durationNote(phase: Phase, config: Config, devices: readonly Device[], done: number): Promise<string | undefined> {
  const left = phase.length(config).steps - done;
  const stored = left > 0 && isProbed(phase) ? readCostModel(costFolder(), devices) : undefined;
  if (!stored) return undefined;
  const cost = await phaseCost(phase, config, devices[0].traits);
  const seconds = projectedSeconds({ ...cost, steps: left }, stored, await yardstick(devices));
  return `The steps take ${projection(seconds, stored)} by this adapter’s model of cost.`;
}
