/**
 * Controllers trained with labels, and how far they get when the true subgoal switches them on: the bound on what
 * steering can do.
 */
import { HostRandom } from '@coxswain/base';
import {
  batchesOf,
  gather,
  type LengthBatches,
  labelsOf,
  meanLength,
  sequenceBatch,
  type Trajectories,
  type TrajectoryBatch,
} from '@coxswain/envs';
import { type Base, byLength, type Config, demonstrations, NotOfferedError, rateAt, WORLD_SEED, worldsWith } from '@coxswain/lab';
import { type LabelledBatch, SupervisedControllers, SupervisedTrainer } from '@coxswain/metacontroller';
import { type Controller, Rollout, type StepContext } from '@coxswain/rl';
import { AdamW, gatherRows, ParameterStore, type Tensor } from '@coxswain/tensor';
import { PLAYED_TOGETHER } from './play.js';
import { RUN_STREAM } from './streams.js';

const experts = (): string[] => worldsWith(({ demonstrations }) => demonstrations !== undefined);

/** A batch of demonstrations with the true subgoal of each step. @throws NotOfferedError where it is not known. */
function labelled({ world }: Base, episodes: TrajectoryBatch): LabelledBatch {
  const { batch, time, observation, action, mask } = sequenceBatch(episodes);
  const { goal } = episodes.trajectories;
  if (!goal) throw new NotOfferedError(world.definition.name, 'labels', 'goals beside its demonstrations', experts());
  return { batch, time, observation, action, subgoals: labelsOf(episodes, goal), mask };
}

/** The parts of their training at one layer, by the settings of `supervise`. */
export class SupervisedTraining {
  readonly store: ParameterStore;
  readonly controllers: SupervisedControllers;
  readonly optimiser: AdamW;
  readonly #trainer: SupervisedTrainer;
  readonly #batches: LengthBatches<TrajectoryBatch>;

  constructor(
    private readonly base: Base,
    private readonly config: Config,
    private readonly seed: number,
    readonly layer: number,
    data: Trajectories = demonstrations(config, 'training', seed, config.supervise.episodes, config.discover),
  ) {
    const { batch, weightDecay, gradientClip } = config.supervise;
    this.#batches = batchesOf(data, { size: batch, seed });
    this.store = new ParameterStore(base.store.device);
    const { width } = config.model;
    this.controllers = new SupervisedControllers(this.store, {
      width,
      subgoals: base.world.spaces.events.length,
      rank: config.metacontroller.rank,
    });
    this.store.finish(new HostRandom(seed, RUN_STREAM.supervised));
    this.optimiser = new AdamW(this.store, { weightDecay, clip: gradientClip });
    this.#trainer = new SupervisedTrainer(base.model, this.controllers, { layer, meanLength: meanLength(data) }, this.optimiser);
  }

  /** One update; the n-th is a function of the seed, n and the state before it. */
  async step(index: number): Promise<void> {
    const batch = labelled(this.base, this.#batches.batch(index));
    await this.#trainer.ready(batch);
    this.#trainer.step(batch, rateAt(this.config.supervise, index));
  }

  /** @throws NotFiniteError that names the culprit where updates were skipped, or the last one's loss is not finite. */
  requireFinite(): Promise<void> {
    return this.#trainer.requireFinite();
  }

  /** Mean NLL of the expert's actions under the right controller on held-out demonstrations, nats an action. */
  async nll(): Promise<number> {
    const { config, seed, base } = this;
    const heldOut = demonstrations(config, 'heldOut', seed, config.supervise.evaluationEpisodes, config.discover);
    let total = 0;
    let steps = 0;
    for (const index of byLength(heldOut)) {
      const batch = labelled(base, gather(heldOut, index));
      const count = batch.mask.reduce((a, b) => a + b, 0);
      total += (await this.#trainer.nll(batch)) * count;
      steps += count;
    }
    return total / steps;
  }

  dispose(): void {
    for (const part of [this.#trainer, this.optimiser, this.controllers, this.store]) part.dispose();
  }
}

/** All of it at once, without checkpoints. */
export async function trainSupervised(base: Base, config: Config, seed: number, layer: number): Promise<SupervisedTraining> {
  const training = new SupervisedTraining(base, config, seed, layer);
  for (let step = 0; step < config.supervise.steps; step++) {
    await training.step(step);
    // Without a wait now and then the queue of what is launched would grow without bound.
    if (step % 20 === 0) await base.store.device.finish();
  }
  return training;
}

/** Switches on the controller of the colour that the task asks for next: what the true subgoal is. */
class OracleSwitching implements Controller {
  readonly #goals: Tensor;

  constructor(
    private readonly controllers: SupervisedControllers,
    readonly layer: number,
    private readonly task: readonly number[],
    episodes: number,
  ) {
    this.#goals = controllers.store.device.zeros([episodes, 1], 'u32');
  }

  begin(): void {}

  beforeStep({ progress }: { progress: ArrayLike<number> | undefined }): void {
    const last = this.task.length - 1;
    this.#goals.write(Uint32Array.from({ length: this.#goals.size }, (_, i) => this.task[Math.min(last, progress?.[i] ?? 0)]));
  }

  control(residual: Tensor, { episode }: StepContext): { residual: Tensor } {
    return { residual: this.controllers.steer(residual, gatherRows(this.#goals, episode).reshape([episode.size])) };
  }

  dispose(): void {
    this.#goals.dispose();
  }
}

/** What became of episodes, leg by leg. */
export interface Legs {
  readonly success: number;
  /** Episodes that these are shares of. */
  readonly played: number;
  /** Share of episodes that the horizon cut. */
  readonly timeout: number;
  /** Share of those that began a leg that finished it. */
  readonly legs: readonly number[];
}

/** Plays a task with the true subgoals' controllers, 2 048 episodes. */
export async function oracleLegs(
  config: Config,
  base: Base,
  { controllers, layer }: Pick<SupervisedTraining, 'controllers' | 'layer'>,
  {
    task,
    horizon,
    seed,
    temperature = config.reinforce.temperature,
  }: { task: string; horizon: number; seed: number; temperature?: number },
): Promise<Legs> {
  const asked = base.world.task(task);
  const environment = base.world.open(asked, horizon, PLAYED_TOGETHER);
  const controller = new OracleSwitching(controllers, layer, asked.events, PLAYED_TOGETHER);
  const rollout = new Rollout({ model: base.model, environment, controller, seed: WORLD_SEED.evaluation + seed, temperature });
  const legs = await legsOf(rollout, asked.events.length, 4);
  rollout.dispose();
  controller.dispose();
  return legs;
}

/** @param batches of the rollout to play. */
export async function legsOf(rollout: Rollout, colours: number, batches: number): Promise<Legs> {
  const reached = new Array<number>(colours + 1).fill(0);
  let played = 0;
  let cut = 0;
  for (let batch = 0; batch < batches; batch++) {
    const { count, reward, length, progress, horizon } = await rollout.run(batch);
    played += count;
    for (let i = 0; i < count; i++) {
      for (let leg = 0; leg <= progress[i]; leg++) reached[leg]++;
      if (reward[i] === 0 && length[i] >= horizon) cut++;
    }
  }
  return {
    success: reached[colours] / played,
    played,
    timeout: cut / played,
    legs: reached.slice(1).map((finished, leg) => finished / Math.max(1, reached[leg])),
  };
}
