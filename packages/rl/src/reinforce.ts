import type { Steering } from '@coxswain/metacontroller';
import { AdamW, CheckpointError, type ParameterStore, type SafeTensor, type Tensor, type TensorData } from '@coxswain/tensor';
import type { Transformer } from '@coxswain/transformer';
import { CodeController } from './code-controller.js';
import { PolicyCodes } from './codes.js';
import { DevicePinpad } from './device-pinpad.js';
import { DeviceRollout } from './device-rollout.js';
import type { VectorEnvironment } from './environment.js';
import { actionLearner, codeLearner } from './learners.js';
import { advantages, type EpisodeMetrics, episodeMetrics, hasSignal, type UpdateMetrics, updateMetrics } from './metrics.js';
import type { Policy } from './policy.js';
import { type Besides, type Player, Rollout } from './rollout.js';
import { ClippedUpdate, type EpochStatistics, type Learner, statisticsOf, type UpdateSettings } from './update.js';

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
  /** `charts/SPS`: environment steps per second, rollout and update together. It is no function of the seed, so it stands apart. */
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
 * decisions. The n-th update is a function of the seed, n and the parameters and moments before it.
 */
export class Reinforcer {
  readonly rollout: Player;
  readonly optimiser: AdamW;
  readonly #update: ClippedUpdate;
  #index = 0;
  #withoutSignal = 0;
  /** Statistics of the last update that are still on the device. */
  #unread: Besides | undefined;

  /** @param owned what is disposed with it. */
  constructor(
    private readonly learner: Learner,
    rollout: Player,
    private readonly settings: ReinforceSettings,
    private readonly decisions: 'switches' | 'actions',
    private readonly owned: readonly { dispose(): void }[] = [],
  ) {
    this.rollout = rollout;
    this.optimiser = new AdamW(learner.store, { weightDecay: settings.weightDecay, clip: settings.gradientClip });
    this.#update = new ClippedUpdate(learner, this.optimiser, settings);
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
    return this.learner.store;
  }

  /**
   * Plays one batch of episodes and learns from it. Where all had the same reward every advantage is 0 and nothing changes, the
   * optimiser's moments included.
   * @param learningRate that of the settings by default.
   */
  async update(learningRate = this.settings.learningRate): Promise<Update> {
    return (await this.step(learningRate)).finish();
  }

  /** `update` without waiting for its epochs: on a device that plays by itself one readback an update, not two. */
  async step(learningRate = this.settings.learningRate): Promise<Pending> {
    const index = this.#index;
    const started = performance.now();
    const episodes = await this.rollout.run(index, this.#unread);
    const played = performance.now();
    const { length, count, horizon, reward, steps } = episodes;
    const signal = hasSignal(reward);
    let known: readonly EpochStatistics[] | undefined = signal ? undefined : [];
    this.#unread = undefined;
    if (signal) {
      const made = this.decisions === 'switches' ? episodes.open : everyStep(length, count, horizon);
      await this.#update.run({ episodes, made, advantage: advantages(reward, this.settings.advantageFloor) }, learningRate);
      const arrived = (data: readonly TensorData[]): void => {
        known = statisticsOf(data);
      };
      this.#unread = { tensors: this.#update.history, arrived };
    } else this.#withoutSignal++;
    this.#index++;
    const metrics = episodeMetrics(episodes);
    const finish = async (): Promise<Update> => {
      if (!known) {
        const unread = this.#unread as Besides;
        unread.arrived(await this.learner.store.device.read(unread.tensors));
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

  /** All that the next update depends on: parameters, the optimiser's state, counters. */
  async save(): Promise<NamedArrays> {
    const named: NamedArrays = new Map();
    for (const [name, tensor] of await this.learner.store.save()) named.set(`parameters.${name}`, tensor);
    for (const [name, tensor] of await this.optimiser.save()) named.set(`optimiser.${name}`, tensor);
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
    this.learner.store.load(part('parameters.'), what);
    this.optimiser.load(part('optimiser.'), what);
    [this.#index, this.#withoutSignal] = [updates.data[0], updates.data[1]];
  }

  dispose(): void {
    this.#update.dispose();
    this.optimiser.dispose();
    this.rollout.dispose();
    for (const part of this.owned) part.dispose();
  }
}

/** 1 at every step of every episode. */
function everyStep(length: Uint16Array, count: number, horizon: number): Uint8Array {
  const made = new Uint8Array(count * horizon);
  for (let episode = 0; episode < count; episode++) made.fill(1, episode * horizon, episode * horizon + length[episode]);
  return made;
}

export type InternalOptions = {
  /** The frozen base model. */
  readonly model: Transformer;
  /** The frozen metacontroller; its encoder is not used. */
  readonly metacontroller: Steering;
  /** Layer l that it steers. */
  readonly layer: number;
  /** f32 [4]: gate mode and temperature. Hard for the method; always open for the baseline without temporal abstraction. */
  readonly gate: Tensor;
  /** What learns. */
  readonly policy: Policy;
  /** A world that the host steps, or one on the device: then a whole batch is one submit. */
  readonly environment: VectorEnvironment | DevicePinpad;
  readonly settings: ReinforceSettings;
  readonly seed: number;
  /** At which the frozen model's actions are sampled; 1 by default. See `Rollout`. */
  readonly temperature?: number;
};

/** Internal RL (arXiv 2512.20605, §5): a policy over codes; the frozen model and the rest of the metacontroller are its world. */
export function internalRl(options: InternalOptions): Reinforcer {
  const { model, metacontroller, layer, gate, policy, environment, settings, seed, temperature = 1 } = options;
  const { environments: episodes, horizon } = environment instanceof DevicePinpad ? environment.settings : environment;
  const source = new PolicyCodes(policy, episodes);
  const controller = new CodeController({ metacontroller, layer, source, episodes, gate, record: { horizon } });
  if (!controller.records) throw new Error('a recording controller has records');
  const how = { model, controller, seed, temperature };
  const rollout =
    environment instanceof DevicePinpad ? new DeviceRollout({ ...how, world: environment }) : new Rollout({ ...how, environment });
  return new Reinforcer(codeLearner(policy, controller.records), rollout, settings, 'switches', [controller, source]);
}

export type RawOptions = {
  /** The base model, trainable: all of its parameters learn. `trainableCopy` makes one of a frozen model. */
  readonly model: Transformer;
  readonly environment: VectorEnvironment;
  readonly settings: ReinforceSettings;
  readonly seed: number;
  /** At which actions are sampled, and what is learned is the tempered distribution; 1 by default. */
  readonly temperature?: number;
};

/** The baseline: the same objective on the base model's own action logits (arXiv 2512.20605, §5, raw-action RL). */
export function rawRl({ model, environment, settings, seed, temperature = 1 }: RawOptions): Reinforcer {
  const rollout = new Rollout({ model, environment, seed, recordActions: true, temperature });
  if (!rollout.logProb) throw new Error('a recording rollout has log-probabilities');
  return new Reinforcer(actionLearner(model, rollout.logProb, temperature), rollout, settings, 'actions');
}
