import { AdamW, asFloat64, CheckpointError, type ParameterStore, type SafeTensor, type TensorData } from '@coxswain/tensor';
import { type Episodes, joined } from './episodes.js';
import { advantages, type EpisodeMetrics, episodeMetrics, hasSignal, type UpdateMetrics, updateMetrics } from './metrics.js';
import type { Replica } from './replica.js';
import type { Besides } from './rollout.js';
import { explainUpdate, requireFiniteUpdate, type Statistics } from './spoilt.js';
import { ClippedUpdate, type Decisions, type EpochStatistics, learn, statisticsOf, type UpdateSettings } from './update.js';

export type ReinforceSettings = UpdateSettings & {
  readonly weightDecay: number;
  /** Longest norm of a gradient; longer ones are scaled down to it. 0 for no limit. */
  readonly gradientClip: number;
  /** Added to the standard deviation of rewards in advantages. */
  readonly advantageFloor: number;
};

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
