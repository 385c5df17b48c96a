/** Making, saving and loading the base model, of the worlds and kinds of models that are registered. */

import type { ConfiguredWorld } from '@coxswain/envs';
import { asFloat32, CheckpointError, type Device, type ParameterStore, type SafeTensor, writeSafetensors } from '@coxswain/tensor';
import { type MadeModel, makeModel, restoreModel } from '@coxswain/transformer';
import type { Config } from '../config.js';
import { house } from '../house.js';
import type { TrainedModel } from '../run/model.js';
import { worldOf } from '../worlds/world.js';

export interface Base extends MadeModel {
  readonly world: ConfiguredWorld;
}

/** What a configuration makes a base of. */
const planOf = ({ model }: Pick<Config, 'model'>, { spaces }: ConfiguredWorld) => ({ kinds: house().models, config: model, spaces });

/**
 * A base model at its random start, drawn from the seed's first stream; what else systems draw has streams of its own.
 * @param trainable false for a frozen one.
 */
export function makeBase(device: Device, config: Config, seed: number, trainable = true): Base {
  const world = worldOf(config);
  return { ...makeModel(device, { ...planOf(config, world), seed, trainable }), world };
}

/** The base model of a trained checkpoint. */
export function loadBase(device: Device, { config, bytes, folder }: TrainedModel, trainable = false): Base {
  const world = worldOf(config);
  return { ...restoreModel(device, { ...planOf(config, world), trainable, weights: bytes, what: folder }), world };
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
