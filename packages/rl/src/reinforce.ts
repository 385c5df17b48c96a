import type { World } from '@coxswain/envs';
import type { Steering } from '@coxswain/metacontroller';
import {
  AdamW,
  asFloat64,
  CheckpointError,
  type ParameterStore,
  type SafeTensor,
  ShapeError,
  type Tensor,
  type TensorData,
} from '@coxswain/tensor';
import type { SequenceModel } from '@coxswain/transformer';
import { CodeController } from './code-controller.js';
import { PolicyCodes } from './codes.js';
import { DeviceRollout } from './device-rollout.js';
import { type DeviceWorld, isDeviceWorld } from './device-world.js';
import { type BatchPart, type Episodes, joined } from './episodes.js';
import { actionLearner, codeLearner } from './learners.js';
import { advantages, type EpisodeMetrics, episodeMetrics, hasSignal, type UpdateMetrics, updateMetrics } from './metrics.js';
import type { Policy } from './policy.js';
import type { Replica } from './replica.js';
import { type Besides, Rollout } from './rollout.js';
import { explainUpdate, requireFiniteUpdate, type Statistics } from './spoilt.js';
import { ClippedUpdate, type Decisions, type EpochStatistics, learn, statisticsOf, type UpdateSettings } from './update.js';

export type ReinforceSettings = UpdateSettings & {
  readonly weightDecay: number;
  /** Longest norm of a gradient; longer ones are scaled down to it. 0 for no limit. */
  readonly gradientClip: number;
  /** Added to the standard deviation of rewards in advantages. */
  readonly advantageFloor: number;
};

/** Internal RL on the grid at the size of `grid-mini`; see the settings of the paper's size in `@coxswain/lab`. */
export const INTERNAL_SETTINGS: ReinforceSettings = {
  epochs: 4,
  clip: 0.2,
  learningRate: 1e-3,
  weightDecay: 0,
  gradientClip: 1,
  advantageFloor: 1e-3,
};
/** RL on the base model's own actions, likewise. */
export const RAW_SETTINGS: ReinforceSettings = { ...INTERNAL_SETTINGS, learningRate: 1e-4 };

/** Named host arrays, as a safetensors file holds them. */
export type NamedArrays = Map<string, SafeTensor>;

/** One update as it was. */
export type Update = {
  /** Its number, from 0. */
  readonly index: number;
  readonly metrics: UpdateMetrics;
  /** By epoch; empty where there was no signal. */
  readonly epochs: readonly EpochStatistics[];
  /** Environment steps of all its episodes. */
  readonly steps: number;
  /**
   * `charts/SPS`: environment steps per second, rollout and update together. It is no function of the seed, so it
   * stands apart.
   */
  readonly stepsPerSecond: number;
  readonly seconds: { readonly rollout: number; readonly update: number };
};

/** An update whose batch was played and whose epochs are under way. */
export type Pending = {
  /** Its number, from 0. */
  readonly index: number;
  /** What its episodes did. */
  readonly episodes: EpisodeMetrics;
  /** All about it. Reads the epochs' statistics back, unless the next `step` has: then they came with its episodes. */
  finish(): Promise<Update>;
};

/**
 * Reinforcement learning in batches of whole episodes: play N, then a few passes of the clipped objective over their
 * decisions. The n-th update is a function of the seed, n and the parameters and moments before it. Several devices
 * that share batches play the same episodes as one would; their gradients are sums in another order.
 */
export class Reinforcer {
  readonly #replicas: readonly (Replica & { readonly optimiser: AdamW; readonly update: ClippedUpdate })[];
  #index = 0;
  #withoutSignal = 0;
  /** Statistics of the last update that are still on the device. */
  #unread: Besides | undefined;
  /** The last update whose statistics are on the host, not looked at yet. */
  #arrived: Statistics | undefined;

  /**
   * @param replicas one for each device, whose parameters are alike; each plays a part of every batch.
   * @param decisions `[N·horizon]` 1 where a decision was made.
   */
  constructor(
    replicas: readonly Replica[],
    private readonly settings: ReinforceSettings,
    private readonly decisions: (episodes: Episodes) => Uint8Array,
  ) {
    this.#replicas = replicas.map((replica) => {
      const optimiser = new AdamW(replica.learner.store, { weightDecay: settings.weightDecay, clip: settings.gradientClip });
      return { ...replica, optimiser, update: new ClippedUpdate(replica.learner, optimiser, settings) };
    });
  }

  /** Updates done, those without signal included. */
  get updates(): number {
    return this.#index;
  }

  /** Updates whose episodes all had the same reward. */
  get updatesWithoutSignal(): number {
    return this.#withoutSignal;
  }

  /** What learns. */
  get store(): ParameterStore {
    return this.#replicas[0].learner.store;
  }

  /**
   * Plays one batch of episodes and learns from it. Where all had the same reward every advantage is 0 and nothing
   * changes, the optimiser's moments included.
   * @param learningRate that of the settings by default.
   * @throws WorldError for what no world may give; NotFiniteError that names the culprit where a loss or a gradient
   * norm is NaN or infinite: a parameter, an optimiser's moment, an operation. Parameters are then those of before the
   * epoch, and this is done for.
   */
  async update(learningRate = this.settings.learningRate): Promise<Update> {
    return (await this.step(learningRate)).finish();
  }

  /**
   * `update` without waiting for its epochs: on a device that plays by itself one readback an update, not two. What
   * `update` would have thrown of these epochs is thrown by `finish`, or by the next `step`.
   */
  async step(learningRate = this.settings.learningRate): Promise<Pending> {
    const index = this.#index;
    const started = performance.now();
    const parts = await Promise.all(this.#replicas.map(({ rollout }, i) => rollout.run(index, i === 0 ? this.#unread : undefined)));
    await this.#requireFinite();
    const episodes = joined(parts);
    const played = performance.now();
    const { reward, steps } = episodes;
    const signal = hasSignal(reward);
    let known: readonly EpochStatistics[] | undefined = signal ? undefined : [];
    this.#unread = undefined;
    if (signal) {
      const updates = this.#replicas.map(({ update }) => update);
      await learn(updates, this.#decisions(parts, advantages(reward, this.settings.advantageFloor)), this.settings.epochs, learningRate);
      const arrived = (data: readonly TensorData[]): void => {
        known = statisticsOf(data);
        this.#arrived = { index, epochs: known };
      };
      this.#unread = { tensors: updates[0].history, arrived };
    } else this.#withoutSignal++;
    this.#index++;
    const metrics = episodeMetrics(episodes);
    const finish = async (): Promise<Update> => {
      if (!known) {
        const unread = this.#unread as Besides;
        unread.arrived(await this.store.device.read(unread.tensors));
        await this.#requireFinite();
      }
      const epochs = known as readonly EpochStatistics[];
      const ended = performance.now();
      return {
        index,
        metrics: updateMetrics(metrics, epochs),
        epochs,
        steps,
        stepsPerSecond: (1000 * steps) / (ended - started),
        seconds: { rollout: (played - started) / 1000, update: (ended - played) / 1000 },
      };
    };
    return { index, episodes: metrics, finish };
  }

  /**
   * Looks at statistics that have arrived.
   * @throws NotFiniteError that names the culprit where one of them is NaN or infinite.
   */
  async #requireFinite(): Promise<void> {
    const arrived = this.#arrived;
    this.#arrived = undefined;
    if (arrived) await requireFiniteUpdate(arrived, this.#replicas);
  }

  /** What each part of a batch says, from advantages over all of it. */
  #decisions(parts: readonly Episodes[], advantage: Float32Array): Decisions[] {
    let from = 0;
    return parts.map((episodes) => {
      const made = this.decisions(episodes);
      const own = advantage.subarray(from, from + episodes.count);
      from += episodes.count;
      return { episodes, made, advantage: own };
    });
  }

  /**
   * Looks for what made a number of this run NaN or infinite; returns where nothing is found.
   * @throws NotFiniteError that names it.
   */
  explain(): Promise<void> {
    return explainUpdate(this.#replicas);
  }

  /** All that the next update depends on: parameters, the optimiser's state, counters. */
  async save(): Promise<NamedArrays> {
    const named: NamedArrays = new Map();
    for (const [name, tensor] of await this.store.save()) named.set(`parameters.${name}`, tensor);
    for (const [name, tensor] of await this.#replicas[0].optimiser.save()) named.set(`optimiser.${name}`, tensor);
    named.set('updates', { shape: [2], data: Int32Array.of(this.#index, this.#withoutSignal) });
    return named;
  }

  /**
   * Goes on from what `save` gave: the same bits as without a stop.
   * @throws CheckpointError where it is not of such a run.
   */
  load(named: ReadonlyMap<string, SafeTensor>, what = 'reinforcement state'): void {
    const updates = named.get('updates');
    if (updates?.data.length !== 2)
      throw new CheckpointError(what, 'no tensor "updates"', 'a state saved by this run', 'Start anew in another folder');
    const part = (prefix: string) =>
      new Map([...named].filter(([name]) => name.startsWith(prefix)).map(([name, tensor]) => [name.slice(prefix.length), tensor]));
    for (const { learner, optimiser } of this.#replicas) {
      learner.store.load(part('parameters.'), what);
      optimiser.load(part('optimiser.'), what);
    }
    [this.#index, this.#withoutSignal] = asFloat64(updates);
  }

  dispose(): void {
    for (const { update, optimiser, rollout, owned = [] } of this.#replicas)
      for (const part of [update, optimiser, rollout, ...owned]) part.dispose();
  }
}

/** 1 at every step of every episode. */
function everyStep({ length, count, horizon }: Episodes): Uint8Array {
  const made = new Uint8Array(count * horizon);
  for (let episode = 0; episode < count; episode++) made.fill(1, episode * horizon, episode * horizon + length[episode]);
  return made;
}

/** What internal RL is made of on one device. */
export type InternalParts = {
  /** The frozen base model. */
  readonly model: SequenceModel;
  /** The frozen metacontroller; its encoder is not used. */
  readonly metacontroller: Steering;
  /**
   * f32 [4]: `gateValues` of the metacontroller package. Hard for the method; always open for the baseline without
   * temporal abstraction.
   */
  readonly gate: Tensor;
  /** What learns. */
  readonly policy: Policy;
  /** A world that the host steps, or one on the device: then a whole batch is one submit. */
  readonly environment: World | DeviceWorld;
};

export type InternalOptions = InternalParts & {
  /** Layer l that it steers. */
  readonly layer: number;
  readonly settings: ReinforceSettings;
  readonly seed: number;
  /** At which the frozen model's actions are sampled; 1 by default. See `Rollout`. */
  readonly temperature?: number;
  /** The same on other devices, policies alike: each plays as many episodes of every batch as its environment has. */
  readonly others?: readonly InternalParts[];
  /**
   * `[N·horizon]` 1 where a decision was made, in place of where the switch opened: to measure what updates of some
   * kind cost.
   */
  readonly decisions?: (episodes: Episodes) => Uint8Array;
};

/** Episodes played together and their longest, wherever the worlds are. */
const sizeOf = ({ environments, horizon }: World | DeviceWorld) => ({ episodes: environments, horizon });

/**
 * Internal RL (arXiv 2512.20605, §5): a policy over codes; the frozen model and the rest of the metacontroller are its
 * world.
 */
export function internalRl(options: InternalOptions): Reinforcer {
  const { settings, others = [], decisions = ({ open }: Episodes) => open } = options;
  const all = [options, ...others];
  const sizes = all.map(({ environment }) => sizeOf(environment));
  const horizons = sizes.map(({ horizon }) => horizon);
  if (new Set(horizons).size > 1) throw new ShapeError('internalRl', `parts of a batch of ${horizons} steps`, 'the same of all');
  const of = sizes.reduce((sum, { episodes }) => sum + episodes, 0);
  let before = 0;
  const replicas = all.map((parts, i) => {
    const replica = internalReplica(options, parts, all.length > 1 ? { before, of } : undefined);
    before += sizes[i].episodes;
    return replica;
  });
  return new Reinforcer(replicas, settings, decisions);
}

function internalReplica(
  { layer, seed, temperature = 1 }: InternalOptions,
  { model, metacontroller, gate, policy, environment }: InternalParts,
  part: BatchPart | undefined,
): Replica {
  const { episodes, horizon } = sizeOf(environment);
  const source = new PolicyCodes(policy, episodes);
  const controller = new CodeController({ metacontroller, layer, source, episodes, gate, record: { horizon } });
  if (!controller.records) throw new Error('a recording controller has records');
  const how = { model, controller, seed, temperature, ...(part && { part }) };
  const rollout = isDeviceWorld(environment) ? new DeviceRollout({ ...how, world: environment }) : new Rollout({ ...how, environment });
  return {
    learner: codeLearner(policy, controller.records),
    rollout,
    owned: [controller, source],
    frozen: { base: model.store, metacontroller: metacontroller.store },
  };
}

export type RawOptions = {
  /** The base model, trainable: all of its parameters learn. */
  readonly model: SequenceModel;
  readonly environment: World;
  readonly settings: ReinforceSettings;
  readonly seed: number;
  /** At which actions are sampled, and what is learned is the tempered distribution; 1 by default. */
  readonly temperature?: number;
};

/** The baseline: the same objective on the base model's own action logits (arXiv 2512.20605, §5, raw-action RL). */
export function rawRl({ model, environment, settings, seed, temperature = 1 }: RawOptions): Reinforcer {
  const rollout = new Rollout({ model, environment, seed, recordActions: true, temperature });
  if (!rollout.logProb) throw new Error('a recording rollout has log-probabilities');
  return new Reinforcer([{ learner: actionLearner(model, rollout.logProb, temperature), rollout }], settings, everyStep);
}
