/** What a run of RL is made of: models, worlds, the policy and its learner, on one device or on several. */
import { HostRandom } from '@coxswain/base';
import type { World } from '@coxswain/envs';
import { type DeviceWorld, isDeviceWorld } from '@coxswain/envs/device';
import { type Base, type Config, loadBase, type TrainedModel, WORLD_SEED } from '@coxswain/lab';
import { type InternalOptions, internalRl, Policy, type Reinforcer, rawRl } from '@coxswain/rl';
import { type Device, ParameterStore, readSafetensors } from '@coxswain/tensor';
import { type Controller, loadController } from './controller.js';
import { type Actor, actingGate, learningWorlds, partsOf, taskWorlds } from './play.js';
import { explorationAt } from './reinforce-schedules.js';
import { RUN_STREAM } from './streams.js';

/** The parts of an RL run. */
export interface Reinforcement {
  readonly reinforcer: Reinforcer;
  /** Who plays when nothing is learned, on each device. */
  readonly actors: readonly Actor[];
  readonly episodesPerUpdate: number;
  readonly updates: number;
  /** Sets how far it explores when its schedule has come so far, 0 to 1. */
  explore(progress: number): void;
  dispose(): void;
}

/** A policy over codes at its start: the codes' own distribution, widened. */
export function makePolicy(
  device: Device,
  config: Config,
  controller: Controller & { codes: { mean: Float32Array; std: Float32Array } },
  seed: number,
): { policy: Policy; store: ParameterStore } {
  const store = new ParameterStore(device);
  const { historyWidth, headWidth, spread } = config.internal;
  const policy = new Policy(
    store,
    { width: config.model.width, latent: config.metacontroller.code, history: historyWidth, head: headWidth },
    controller.codes,
    spread,
  );
  store.finish(new HostRandom(seed, RUN_STREAM.policy));
  return { policy, store };
}

/**
 * Parameters of what another run learned, where it is given.
 * @throws CheckpointError where they are of another kind or size.
 */
function startFrom(store: ParameterStore, learned: TrainedModel | undefined): void {
  if (learned) store.load(readSafetensors(learned.bytes, learned.folder).tensors, learned.folder);
}

/** What internal RL needs on one device, and who plays there when nothing is learned. */
function internalParts(
  device: Device,
  config: Config,
  inputs: Readonly<Record<string, TrainedModel>>,
  seed: number,
  worldsOf: (base: Base) => World | DeviceWorld,
) {
  const base = loadBase(device, inputs.base);
  const controller = loadController(device, inputs.controller, base);
  const { policy, store } = makePolicy(device, config, controller, seed);
  startFrom(store, inputs.policy);
  const gate = actingGate(config);
  const environment = worldsOf(base);
  return {
    parts: { model: base.model, metacontroller: controller.model, gate, policy, environment },
    actor: { base, steered: { controller, policy } },
    dispose: () => disposeAll(...(isDeviceWorld(environment) ? [environment] : []), policy, store, controller, base),
  };
}

export interface AssemblyOptions {
  /** So many worlds to be played in place of those of the task. */
  readonly worlds?: (environments: number) => World;
  /** Taken for internal RL's decisions in place of those made; see `InternalOptions`. */
  readonly decisions?: InternalOptions['decisions'];
  /** Devices that share internal RL's batches. */
  readonly others?: readonly Device[];
}

/** Builds what a run of the configured method needs. */
export function assembleReinforcement(
  device: Device,
  config: Config,
  inputs: Readonly<Record<string, TrainedModel>>,
  seed: number,
  { worlds, decisions, others = [] }: AssemblyOptions = {},
): Reinforcement {
  const { method, task, horizon, clip, advantageFloor, temperature } = config.reinforce;
  const section = config[method];
  const { epochs, learningRate, weightDecay, gradientClip, episodesPerUpdate, updates } = section;
  const settings = { epochs, clip, learningRate, weightDecay, gradientClip, advantageFloor };
  const worldSeed = WORLD_SEED.reinforcement + seed;
  if (method === 'raw') {
    const base = loadBase(device, inputs.base, true);
    startFrom(base.store, inputs.policy);
    const reinforcer = rawRl({
      model: base.model,
      environment: worlds?.(episodesPerUpdate) ?? taskWorlds(base, task, horizon, episodesPerUpdate),
      settings,
      seed: worldSeed,
      temperature,
    });
    return { reinforcer, actors: [{ base }], episodesPerUpdate, updates, explore() {}, dispose: () => disposeAll(reinforcer, base) };
  }
  const devices = [device, ...others];
  const shares = partsOf(episodesPerUpdate, devices.length);
  const replicas = shares.map(({ episodes }, i) =>
    internalParts(devices[i], config, inputs, seed, (base) => worlds?.(episodes) ?? learningWorlds(base, task, horizon, episodes)),
  );
  const [first, ...rest] = replicas.map(({ parts }) => parts);
  const { layer } = config.metacontroller;
  const how = { layer, settings, seed: worldSeed, temperature, ...(decisions && { decisions }) };
  const reinforcer = internalRl({ ...first, others: rest, ...how });
  return {
    reinforcer,
    actors: replicas.map(({ actor }) => actor),
    episodesPerUpdate,
    updates,
    explore: (progress) => {
      for (const { parts } of replicas) parts.policy.explore(explorationAt(config.internal, progress));
    },
    dispose: () => disposeAll(reinforcer, ...replicas),
  };
}

function disposeAll(...parts: { dispose(): void }[]): void {
  for (const part of parts) part.dispose();
}
