/** What a checkpoint of a training phase holds besides the model: the optimiser's moments and the metrics not yet read. */
import { type AdamW, type RunningSums, readSafetensors, writeSafetensors } from '@coxswain/tensor';
import type { Checkpoint } from '../run/checkpoint.js';
import { takeTensor } from './base.js';

const FILE = 'state.safetensors';
const PENDING = 'metrics.pending';

/** The files that `loadTrainingState` goes on from. */
export async function trainingState(optimiser: AdamW, sums: RunningSums): Promise<Record<string, Uint8Array>> {
  const state = await optimiser.save();
  const pending = await sums.save();
  state.set(PENDING, { shape: [pending.length], data: pending });
  return { [FILE]: writeSafetensors(state) };
}

/** The part of a checkpoint that `loadTrainingState` goes on from. */
export const readTrainingState = (checkpoint: Checkpoint): Record<string, Uint8Array> => ({ [FILE]: checkpoint.read(FILE) });

/** @throws CheckpointError for the state of another kind of run. */
export function loadTrainingState(files: Readonly<Record<string, Uint8Array>>, optimiser: AdamW, sums: RunningSums): void {
  const state = readSafetensors(files[FILE], FILE).tensors;
  sums.load(takeTensor(state, PENDING));
  optimiser.load(state);
}
