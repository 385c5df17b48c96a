/**
 * What a checkpoint of a training phase holds besides the model: the optimisers' moments and the metrics not yet read.
 */
import { type AdamW, type RunningSums, readSafetensors, type SafeTensor, writeSafetensors } from '@coxswain/tensor';
import { takeTensor } from '../models/base.js';
import type { Checkpoint } from '../run/checkpoint.js';

const FILE = 'state.safetensors';
const PENDING = 'metrics.pending';
/** Of a second optimiser: the base's, where it learns along with a controller. */
const SECOND = 'base.';

/** The files that `loadTrainingState` goes on from. @param second another optimiser, of the base that learns along. */
export async function trainingState(optimiser: AdamW, sums: RunningSums, second?: AdamW): Promise<Record<string, Uint8Array>> {
  const state: Map<string, SafeTensor> = await optimiser.save();
  for (const [name, tensor] of (await second?.save()) ?? []) state.set(`${SECOND}${name}`, tensor);
  const pending = await sums.save();
  state.set(PENDING, { shape: [pending.length], data: pending });
  return { [FILE]: writeSafetensors(state) };
}

/** The part of a checkpoint that `loadTrainingState` goes on from. */
export const readTrainingState = (checkpoint: Checkpoint): Record<string, Uint8Array> => ({ [FILE]: checkpoint.read(FILE) });

/** @throws CheckpointError for the state of another kind of run. */
export function loadTrainingState(files: Readonly<Record<string, Uint8Array>>, optimiser: AdamW, sums: RunningSums, second?: AdamW): void {
  const state = readSafetensors(files[FILE], FILE).tensors;
  sums.load(takeTensor(state, PENDING));
  const ofSecond = [...state].filter(([name]) => second && name.startsWith(SECOND));
  for (const [name] of ofSecond) state.delete(name);
  second?.load(new Map(ofSecond.map(([name, tensor]) => [name.slice(SECOND.length), tensor])));
  optimiser.load(state);
}
