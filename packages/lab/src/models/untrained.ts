/** Models at their random start in place of trained ones: what training costs does not depend on what they know. */
import type { Device } from '@coxswain/tensor';
import type { Config } from '../config.js';
import { identify } from '../run/identity.js';
import type { TrainedModel } from '../run/model.js';
import { makeBase, modelBytes } from './base.js';
import { BASE_INPUT } from './inputs.js';

/** A model as a phase would have left it. */
export function asTrained(phase: string, config: Config, bytes: Uint8Array): TrainedModel {
  const identity = identify({ phase, preset: 'none', seed: 0, config, inputs: {} });
  return { folder: `a model of ${phase} at its random start`, identity, config, bytes, sha256: '', extra: {} };
}

export async function untrainedBase(device: Device, config: Config): Promise<TrainedModel> {
  const base = makeBase(device, config, 0);
  const bytes = await modelBytes(base.store);
  base.dispose();
  return asTrained(BASE_INPUT.phase, config, bytes);
}
