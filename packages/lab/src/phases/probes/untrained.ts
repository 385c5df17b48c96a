/** Models at their random start in place of trained ones: what training costs does not depend on what they know. */
import { type Device, writeSafetensors } from '@coxswain/tensor';
import type { Config } from '../../config.js';
import { identify } from '../../run/identity.js';
import type { TrainedModel } from '../../run/model.js';
import { loadBase, makeBase, modelBytes } from '../base.js';
import { controllerTensors, makeController, withCodes } from '../controller.js';
import { methodOf } from '../methods.js';

function asTrained(phase: string, config: Config, bytes: Uint8Array): TrainedModel {
  const identity = identify({ phase, preset: 'none', seed: 0, config, inputs: {} });
  return { folder: `a model of ${phase} at its random start`, identity, config, bytes, sha256: '', extra: {} };
}

export async function untrainedBase(device: Device, config: Config): Promise<TrainedModel> {
  const base = makeBase(device, config, 0);
  const bytes = await modelBytes(base.store);
  base.dispose();
  return asTrained('pretrain', config, bytes);
}

/** @param trained what `untrainedBase` gave. */
export async function untrainedController(device: Device, config: Config, trained: TrainedModel): Promise<TrainedModel> {
  const { trainsBase } = methodOf(config);
  const base = loadBase(device, trained, trainsBase);
  const controller = makeController(device, config, base, 0);
  const { code } = config.metacontroller;
  const codes = { mean: new Float32Array(code), std: new Float32Array(code).fill(1) };
  const bytes = writeSafetensors(withCodes(await controllerTensors(controller.store, trainsBase ? base.store : undefined), codes));
  controller.dispose();
  base.dispose();
  return asTrained('discover', config, bytes);
}
