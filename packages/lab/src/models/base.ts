/** Making, saving and loading the base model. */

import { HostRandom } from '@coxswain/base';
import {
  asFloat32,
  CheckpointError,
  type Device,
  ParameterStore,
  readSafetensors,
  type SafeTensor,
  writeSafetensors,
} from '@coxswain/tensor';
import type { SequenceModel } from '@coxswain/transformer';
import type { Config } from '../config.js';
import type { TrainedModel } from '../run/model.js';
import { type ConfiguredWorld, worldOf } from '../worlds/world.js';
import { declareModel } from './declare.js';

/** Stream of a run's seed that a base's parameters are drawn from; what else systems draw has other ones. */
export const BASE_STREAM = 0;

export interface Base {
  readonly model: SequenceModel;
  readonly store: ParameterStore;
  readonly world: ConfiguredWorld;
  dispose(): void;
}

/** A base model at its random start. @param trainable false for a frozen one. */
export function makeBase(device: Device, config: Config, seed: number, trainable = true): Base {
  const world = worldOf(config);
  const store = new ParameterStore(device, trainable);
  const model = declareModel(store, config, world.spaces);
  store.finish(new HostRandom(seed, BASE_STREAM));
  const dispose = (): void => {
    model.dispose();
    store.dispose();
  };
  return { model, store, world, dispose };
}

/** The base model of a trained checkpoint. */
export function loadBase(device: Device, trained: TrainedModel, trainable = false): Base {
  const base = makeBase(device, trained.config, 0, trainable);
  base.store.load(readSafetensors(trained.bytes, trained.folder).tensors, trained.folder);
  return base;
}

/** Bytes of `model.safetensors` for the current parameters. */
export async function modelBytes(store: ParameterStore): Promise<Uint8Array> {
  return writeSafetensors(await store.save());
}

/** Removes a tensor from a checkpoint's state and gives its numbers, a copy. */
export function takeTensor(state: Map<string, SafeTensor>, name: string): Float32Array {
  const found = state.get(name);
  if (!found)
    throw new CheckpointError(
      'state.safetensors',
      `no tensor "${name}"`,
      'the state of a run of this phase',
      'Start anew in another folder',
    );
  state.delete(name);
  return asFloat32(found).slice();
}
