/** Test-only: the golden base model, metacontroller and codes, and small worlds to play in. */
import { HostRandom } from '@coxswain/base';
import { GRID_MINI, GridworldPinpad } from '@coxswain/envs';
import type { Gate, Metacontroller } from '@coxswain/metacontroller';
import { type Device, GATE_MODE, ParameterStore } from '@coxswain/tensor';
import type { SequenceModel } from '@coxswain/transformer';
import { goldenCodes, goldenMetacontroller } from '../../../metacontroller/src/testing/golden-metacontroller.js';
import { GOLDEN_LAYER, goldenBase } from '../../../transformer/src/testing/golden-base.js';
import { Policy } from '../policy.js';

/** `environments` worlds of `grid-mini`. */
export const gridMini = (task: string, environments: number, horizon = 48): GridworldPinpad =>
  new GridworldPinpad({ world: GRID_MINI.world, tasks: [task], horizon, environments });

export type Trained = {
  readonly model: SequenceModel;
  readonly metacontroller: Metacontroller;
  readonly layer: number;
  readonly hard: Gate;
  readonly open: Gate;
};

/** The golden models, frozen. */
export function trained(device: Device): Trained {
  return {
    model: goldenBase(device).model,
    metacontroller: goldenMetacontroller(device).metacontroller,
    layer: GOLDEN_LAYER,
    hard: { mode: GATE_MODE.hard },
    open: { mode: GATE_MODE.open },
  };
}

/** A policy that starts from the golden codes. */
export function startingPolicy(device: Device, seed = 1): Policy {
  const store = new ParameterStore(device);
  const policy = new Policy(store, { width: 64, latent: 8, history: 64, head: 64 }, goldenCodes());
  store.finish(new HostRandom(seed));
  return policy;
}
