/** Phase 3: internal RL over codes, or raw-action RL on the base itself (arXiv 2512.20605, §5). */
import { HostRandom } from '@coxswain/base';
import { DevicePinpad, type InternalOptions, internalRl, Policy, type Reinforcer, rawRl, type VectorEnvironment } from '@coxswain/rl';
import { CheckpointError, type Device, ParameterStore, readSafetensors, writeSafetensors } from '@coxswain/tensor';
import { METRICS } from '../names.js';
import type { Phase, PhaseContext, PhaseInput } from '../phase.js';
import { labelsOf, type ResultRow } from '../results/rows.js';
import type { Snapshot } from '../run/checkpoint.js';
import { RESULT_FILE } from '../run/folder.js';
import type { TrainedModel } from '../run/model.js';
import type { Config } from '../settings/sections.js';
import { successAnswer } from './answers.js';
import { type Base, loadBase } from './base.js';
import { type Controller, loadController } from './controller.js';
import { BASE_INPUT } from './inputs.js';
import { type Actor, actingGate, learningWorlds, partsOf, play, taskWorlds } from './play.js';
import { withCulprit } from './spoilt.js';
import { RUN_STREAM } from './streams.js';
import { WORLD_SEED } from './world.js';

/**
 * How far the schedules of rate and exploration have come, from 0 at the first update to 1 at the last. They wait while no episode
 * succeeds: then nothing is learned, and narrowing would make the first success rarer still. What is left of them is shared
 * out over the updates that are left.
 * @param done updates so far, those without signal included.
 */
export function progressOf(updates: number, done: number, withoutSignal: number): number {
  return Math.min(1, (done - withoutSignal) / Math.max(1, updates - 1 - withoutSignal));
}

/** Linear from the full rate to `finalRate` of it. */
export function reinforceRate({ learningRate, finalRate }: Config['internal' | 'raw'], progress: number): number {
  return learningRate * (1 - (1 - finalRate) * progress);
}

/** Geometric from all of it to `finalExploration`. */
export function explorationAt({ finalExploration }: Config['internal'], progress: number): number {
  return finalExploration ** progress;
}

/** The parts of an RL run, wired together. */
export interface Wired {
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

/** Parameters of what another run learned, where it is given. @throws CheckpointError where they are of another kind or size. */
function startFrom(store: ParameterStore, learned: TrainedModel | undefined): void {
  if (learned) store.load(readSafetensors(learned.bytes, learned.folder).tensors, learned.folder);
}

/** What internal RL needs on one device, and who plays there when nothing is learned. */
function internalParts(
  device: Device,
  config: Config,
  inputs: Readonly<Record<string, TrainedModel>>,
  seed: number,
  worldsOf: (base: Base) => VectorEnvironment | DevicePinpad,
) {
  const base = loadBase(device, inputs.base);
  const controller = loadController(device, inputs.controller, base);
  const { policy, store } = makePolicy(device, config, controller, seed);
  startFrom(store, inputs.policy);
  const gate = actingGate(device, config);
  const environment = worldsOf(base);
  return {
    parts: { model: base.model, metacontroller: controller.model, gate, policy, environment },
    actor: { base, steered: { controller, policy } },
    dispose: () => disposeAll(...(environment instanceof DevicePinpad ? [environment] : []), gate, policy, store, controller, base),
  };
}

export interface WireOptions {
  /** So many worlds to be played in place of those of the task. */
  readonly worlds?: (environments: number) => VectorEnvironment;
  /** Taken for internal RL's decisions in place of those made; see `InternalOptions`. */
  readonly decisions?: InternalOptions['decisions'];
  /** Devices that share internal RL's batches. */
  readonly others?: readonly Device[];
}

/** Builds what a run of the configured method needs. */
export function wire(
  device: Device,
  config: Config,
  inputs: Readonly<Record<string, TrainedModel>>,
  seed: number,
  { worlds, decisions, others = [] }: WireOptions = {},
): Wired {
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
      environment: worlds?.(episodesPerUpdate) ?? taskWorlds(config, base, task, horizon, episodesPerUpdate),
      settings,
      seed: worldSeed,
      temperature,
    });
    return { reinforcer, actors: [{ base }], episodesPerUpdate, updates, explore() {}, dispose: () => disposeAll(reinforcer, base) };
  }
  const devices = [device, ...others];
  const shares = partsOf(episodesPerUpdate, devices.length);
  const replicas = shares.map(({ episodes }, i) =>
    internalParts(devices[i], config, inputs, seed, (base) => worlds?.(episodes) ?? learningWorlds(config, base, task, horizon, episodes)),
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

/** Training episodes that what an RL run learned had seen, those of the runs it went on from among them. */
export function episodesSeen({ folder, identity, extra }: TrainedModel): number {
  const config = identity.config as Config;
  const { updates, episodesPerUpdate } = config[config.reinforce.method];
  if (typeof extra.episodes !== 'number' && identity.inputs.policy)
    throw new CheckpointError(
      '--policy',
      `${folder} does not say after how many episodes: it went on from another policy, and has no progress.json`,
      'the folder of its run',
      'Give that, or put the progress.json of its checkpoint beside the model.',
    );
  // Only the model was kept: the run had finished, and had begun anew.
  return typeof extra.episodes === 'number' ? extra.episodes : updates * episodesPerUpdate;
}

/** What a checkpoint of an RL run holds: the learned parameters by themselves, and all that the next update depends on. */
async function snapshot(reinforcer: Reinforcer, episodes: number): Promise<Snapshot> {
  return {
    extra: { episodes },
    files: {
      'model.safetensors': writeSafetensors(await reinforcer.store.save()),
      'state.safetensors': writeSafetensors(await reinforcer.save()),
    },
  };
}

async function run({ config, seed, device, others, folder, session, inputs, resumed }: PhaseContext): Promise<void> {
  const { reinforcer, actors, episodesPerUpdate, updates, explore, dispose } = wire(device, config, inputs, seed, { others });
  const [actor, ...actorsBeside] = actors;
  const before = inputs.policy ? episodesSeen(inputs.policy) : 0;
  const seen = (done: number): number => before + done * episodesPerUpdate;
  if (resumed) reinforcer.load(readSafetensors(resumed.read('state.safetensors'), resumed.folder).tensors, resumed.folder);
  let log = async (): Promise<void> => {};
  while (reinforcer.updates < updates) {
    const progress = progressOf(updates, reinforcer.updates, reinforcer.updatesWithoutSignal);
    const rate = reinforceRate(config[config.reinforce.method], progress);
    explore(progress);
    const update = await reinforcer.step(rate);
    const done = reinforcer.updates;
    await log();
    // Its losses come with the next update's episodes: nothing waits for them, unless the run is saved.
    log = async () => {
      const { metrics } = await update.finish();
      session.log(done, { [METRICS.episodes]: seen(done), [METRICS.learningRate]: rate, ...metrics });
      log = async () => {};
    };
    const save = async (): Promise<Snapshot> => {
      await log();
      return snapshot(reinforcer, seen(done));
    };
    await withCulprit(
      () => reinforcer.explain(),
      () => session.afterStep(done, save, { success: update.episodes.reward }),
    );
  }
  explore(1);
  const { task, horizon } = config.reinforce;
  const { episodes, longTask, longHorizon } = config.evaluate;
  const labels = labelsOf({ seed, config, inputs: folder.identity.inputs });
  const rows: ResultRow[] = [];
  const evaluation = WORLD_SEED.evaluation + seed;
  const measured = await play(config, actor, { task, horizon, episodes, seed: evaluation, draw: 6 }, actorsBeside);
  rows.push({ ...labels, task, episodes: seen(updates), success: measured.success });
  if (longTask && longTask !== task) {
    const options = { task: longTask, horizon: longHorizon, episodes: Math.min(episodes, 2048), seed: evaluation };
    const long = await play(config, actor, options, actorsBeside);
    rows.push({ ...labels, task: longTask, episodes: seen(updates), success: long.success });
  }
  folder.writeArtifact('episodes.json', measured.drawn);
  folder.writeArtifact(RESULT_FILE, {
    rows,
    evaluationEpisodes: measured.episodes,
    updatesWithoutSignal: reinforcer.updatesWithoutSignal,
  });
  session.note(`success on ${task}: ${measured.success.toFixed(4)} over ${measured.episodes} sampled episodes`);
  dispose();
}

/** The base model's own actions are steered by nothing. */
export const noControllerOfRaw: PhaseInput['refused'] = ({ reinforce }) =>
  reinforce.method === 'raw' ? 'RL on the base model’s own actions has no controller: leave it out' : undefined;

/** What was learned over codes is no policy over actions, and the other way round. */
export const otherMethod: PhaseInput['refused'] = ({ reinforce }, { config }) => {
  const learned = config.reinforce?.method ?? 'internal';
  return learned === reinforce.method ? undefined : `It learned by \`${learned}\` RL: add --method ${learned}, or give another`;
};

export const reinforcePhase: Phase = {
  name: 'reinforce',
  about: 'Learns a task by reward: over codes with the model frozen, or on the model’s own actions.',
  sections: ['world', 'model', 'metacontroller', 'discover', 'reinforce', 'internal', 'raw', 'evaluate'],
  shares: ({ reinforce }) => reinforce.method === 'internal',
  inputs: [
    BASE_INPUT,
    {
      name: 'controller',
      phase: 'discover',
      about: 'run folder of the metacontroller (internal RL)',
      gives: ['metacontroller', 'discover'],
      mayGive: ['stages'],
      required: ({ reinforce }) => reinforce.method === 'internal',
      refused: noControllerOfRaw,
    },
    {
      name: 'policy',
      phase: 'reinforce',
      about: 'run folder of RL on another task, to start from what it learned',
      gives: [],
      required: () => false,
      refused: otherMethod,
    },
  ],
  leaves: RESULT_FILE,
  follow: { curve: [METRICS.reward], latest: [METRICS.fractionWithoutSignal, METRICS.episodicLength, METRICS.approximateKl] },
  answer: successAnswer,
  lighter: 'play fewer episodes an update: --set internal.episodesPerUpdate=N, or raw.episodesPerUpdate for raw actions',
  shortcuts: { method: 'reinforce.method', task: 'reinforce.task' },
  length: (config) => ({
    steps: config[config.reinforce.method].updates,
    unit: 'updates',
    saveEvery: config[config.reinforce.method].saveEvery,
  }),
  run,
};
