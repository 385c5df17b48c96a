/** What takes part in a comparison: a library that can do a case's work on the adapter. */
import type { DiscoveryBatch } from '@coxswain/metacontroller';
import type { SequenceBatch } from '@coxswain/transformer';
import type { Case, Inputs } from './case.js';
import type { Weights } from './reference/transformer.js';
import type { DiscoverySpec } from './training/discovery.js';
import type { Pretraining } from './training/pretraining.js';

/** Milliseconds of one run: by the wall clock, and of a process's threads together. */
export interface Times {
  readonly wall: number;
  readonly processor: number;
}

/** A case made ready by one contestant: inputs uploaded, everything compiled by a first run. */
export interface Prepared {
  /** Milliseconds from nothing to the first result. */
  readonly firstMs: number;
  /** Queues the work once more; awaits nothing but what the library itself awaits. */
  run(): void | Promise<void>;
  /** What one of so many runs takes, where the contestant has to time itself because it runs in another process. */
  readonly sample?: (repeats: number) => Promise<Times>;
  /** Resolves when all queued work is done. */
  finish(): Promise<void>;
  /** The outputs of the last run, in the reference's order. */
  outputs(): Promise<readonly ArrayLike<number>[]>;
  dispose(): void;
}

export interface Contestant {
  readonly name: string;
  readonly version: string;
  /** It runs on this device, not on the adapter that is measured: told beside us, but no part of the ratio. */
  readonly elsewhere?: 'processor' | 'gpu';
  /** @returns undefined where it has no way to do this case. */
  prepare(item: Case, inputs: Inputs): Promise<Prepared | undefined>;
  /**
   * The pretraining step from these weights; its output is the loss of its last step. Absent where it has no way to do
   * it.
   */
  readonly pretrain?: (spec: Pretraining, batch: SequenceBatch, start: Weights) => Promise<Prepared>;
  /** The discovery step, likewise, on a frozen base model of these weights. */
  readonly discover?: (spec: DiscoverySpec, batch: DiscoveryBatch, base: Weights, start: Weights) => Promise<Prepared>;
  close(): void;
}

/** Runs the work once, which compiles it. @param from when its preparation began, by `performance.now()`. */
export async function firstRun(from: number, work: Omit<Prepared, 'firstMs'>): Promise<Prepared> {
  await work.run();
  await work.finish();
  return { ...work, firstMs: performance.now() - from };
}
