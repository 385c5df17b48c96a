/**
 * What the rollout rows play: many episodes of `grid-mini` together, by the base model alone or under a metacontroller.
 */
import { HostRandom, rowsSpace } from '@coxswain/base';
import { egocentric, GRID_MINI, GridworldPinpad } from '@coxswain/envs';
import { DevicePinpad } from '@coxswain/envs/device';
import { Metacontroller, type MetacontrollerConfig } from '@coxswain/metacontroller';
import { CodeController, DeviceRollout, Policy, PolicyCodes, Rollout } from '@coxswain/rl';
import { type Device, GATE_MODE, ParameterStore } from '@coxswain/tensor';
import { Transformer, type TransformerConfig } from '@coxswain/transformer';
import type { Weights } from '../reference/transformer.js';
import { discovery } from '../training/discovery.js';
import { pretraining } from '../training/pretraining.js';

export interface RolloutSpec {
  readonly config: TransformerConfig;
  /** Absent where the base model acts alone. */
  readonly controller?: MetacontrollerConfig;
  /** Block after which it acts. */
  readonly layer: number;
  readonly episodes: number;
  readonly horizon: number;
}

const space = egocentric(GRID_MINI.world);

/** An update's worth of episodes, at the sizes of `grid-mini`. */
export const alone: RolloutSpec = {
  config: { ...pretraining.config, observation: rowsSpace(space.rows, space.slots) },
  layer: discovery.layer,
  episodes: 512,
  horizon: 48,
};
export const steered: RolloutSpec = { ...alone, controller: discovery.controller };

export const shapeOf = ({ config, episodes, horizon }: RolloutSpec): string => `d${config.width} L${config.depth} T${horizon} N${episodes}`;

/** Who steps the worlds. */
export type Where = 'host' | 'device';

export interface Players<R = Rollout | DeviceRollout> {
  readonly rollout: R;
  readonly code: CodeController | undefined;
  /** Weights of the base model, and of the metacontroller if there is one. */
  readonly base: Weights;
  readonly weights: Weights;
  dispose(): void;
}

/** Random models, the same for every call, and what plays them. */
export async function makePlayers(device: Device, spec: RolloutSpec, where: Where): Promise<Players> {
  const { episodes, horizon } = spec;
  const settings = { world: GRID_MINI.world, tasks: ['0123'], horizon, environments: episodes };
  return await assemble(device, spec, (how, keep) =>
    where === 'host'
      ? new Rollout({ ...how, environment: new GridworldPinpad(settings) })
      : new DeviceRollout({ ...how, world: keep(new DevicePinpad(device, settings)) }),
  );
}

/** The same on the host, with observations and the log-probabilities of actions kept. */
export async function makeRecorded(device: Device, spec: RolloutSpec): Promise<Players<Rollout>> {
  const { episodes, horizon } = spec;
  const environment = new GridworldPinpad({ world: GRID_MINI.world, tasks: ['0123'], horizon, environments: episodes });
  return await assemble(device, spec, (how) => new Rollout({ ...how, environment, recordActions: true }));
}

type Disposable = { dispose(): void };
type How = { readonly model: Transformer; readonly seed: number; readonly controller?: CodeController };

async function assemble<R extends Disposable>(
  device: Device,
  spec: RolloutSpec,
  play: (how: How, keep: <T extends Disposable>(part: T) => T) => R,
): Promise<Players<R>> {
  const { config, controller, layer, episodes, horizon } = spec;
  const parts: Disposable[] = [];
  const keep = <T extends Disposable>(part: T): T => {
    parts.unshift(part);
    return part;
  };
  const frozen = keep(new ParameterStore(device, false));
  const model = keep(new Transformer(frozen, config));
  frozen.finish(new HostRandom(1));
  let code: CodeController | undefined;
  let weights: Weights = new Map();
  if (controller) {
    const store = keep(new ParameterStore(device, false));
    // An untrained switch almost never opens; this one does at about every third step, as a trained one.
    const metacontroller = new Metacontroller(store, { ...controller, switchBias: 0 });
    store.finish(new HostRandom(2));
    weights = await store.save();
    const policyStore = keep(new ParameterStore(device));
    const { width, latent } = controller;
    const codes = { mean: new Float32Array(latent), std: new Float32Array(latent).fill(1) };
    const policy = keep(new Policy(policyStore, { width, latent, history: 64, head: 64 }, codes));
    policyStore.finish(new HostRandom(3));
    const gate = { mode: GATE_MODE.hard };
    const source = keep(new PolicyCodes(policy, episodes));
    code = keep(new CodeController({ metacontroller, layer, source, episodes, gate, record: { horizon } }));
  }
  const rollout = keep(play({ model, seed: 1, ...(code ? { controller: code } : {}) }, keep));
  return {
    rollout,
    code,
    base: await frozen.save(),
    weights,
    dispose: () => {
      for (const part of parts) part.dispose();
    },
  };
}
