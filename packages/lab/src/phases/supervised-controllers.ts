/** Controllers trained with labels, and how far they get when the true subgoal switches them on: the bound on what steering can do. */
import { type EpisodeBatch, GridworldPinpad, gatherEpisodes, LengthBuckets } from '@coxswain/envs';
import { type LabelledBatch, SupervisedControllers, SupervisedTrainer } from '@coxswain/metacontroller';
import { type Controller, Rollout, type StepContext } from '@coxswain/rl';
import { AdamW, type Device, gatherRows, HostRandom, ParameterStore, type Tensor } from '@coxswain/tensor';
import type { Config } from '../settings/sections.js';
import type { Base } from './base.js';
import { byLength } from './evaluate-base.js';
import { demonstrations, meanLength, sequenceBatch, WORLD_SEED, worldOf } from './world.js';

/** A batch of demonstrations with the true subgoal of each step. */
export function labelled(base: Base, episodes: EpisodeBatch): LabelledBatch {
  const { batch, time, indices, actions, mask } = sequenceBatch(base.space, episodes);
  return { batch, time, indices, actions, subgoals: episodes.subgoal, mask };
}

/** Mean NLL of the expert's actions under the right controller, nats an action. */
export async function supervisedNll(
  base: Base,
  trainer: SupervisedTrainer,
  heldOut: Parameters<typeof gatherEpisodes>[0],
): Promise<number> {
  let total = 0;
  let steps = 0;
  for (const index of byLength(heldOut, 250)) {
    const batch = labelled(base, gatherEpisodes(heldOut, index));
    const count = batch.mask.reduce((a, b) => a + b, 0);
    total += (await trainer.nll(batch)) * count;
    steps += count;
  }
  return total / steps;
}

export interface TrainedControllers {
  readonly controllers: SupervisedControllers;
  readonly layer: number;
  readonly nll: number;
  dispose(): void;
}

/** Trains them at one layer, by the settings of `supervise`, without checkpoints. */
export async function trainSupervised(
  device: Device,
  base: Base,
  config: Config,
  seed: number,
  layer: number,
): Promise<TrainedControllers> {
  const { episodes, steps, batch, finalRate, learningRate, weightDecay, gradientClip, evaluationEpisodes } = config.supervise;
  const data = demonstrations(config, 'training', seed, episodes, config.discover.noise);
  const batches = new LengthBuckets(data, { size: batch, seed });
  const store = new ParameterStore(device);
  const controllers = new SupervisedControllers(store, {
    width: config.model.width,
    subgoals: config.world.colours,
    rank: config.metacontroller.rank,
  });
  store.finish(new HostRandom(seed, 3));
  const optimiser = new AdamW(store, { weightDecay, clip: gradientClip });
  const trainer = new SupervisedTrainer(base.model, controllers, { layer, meanLength: meanLength(data) }, optimiser);
  for (let step = 0; step < steps; step++) {
    const next = labelled(base, batches.batch(step));
    await trainer.ready(next);
    trainer.step(next, learningRate * Math.max(finalRate, 1 - step / steps));
    if (step % 20 === 0) await device.finish();
  }
  const nll = await supervisedNll(base, trainer, demonstrations(config, 'heldOut', seed, evaluationEpisodes, config.discover.noise));
  trainer.dispose();
  optimiser.dispose();
  const dispose = (): void => {
    controllers.dispose();
    store.dispose();
  };
  return { controllers, layer, nll, dispose };
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
  /** Share of episodes that the horizon cut. */
  readonly timeout: number;
  /** Share of those that began a leg that finished it. */
  readonly legs: readonly number[];
}

const WORLDS = 512;

/** Plays a task with the true subgoals' controllers, 2 048 episodes. */
export async function oracleLegs(
  config: Config,
  base: Base,
  { controllers, layer }: Pick<TrainedControllers, 'controllers' | 'layer'>,
  {
    task,
    horizon,
    seed,
    temperature = config.reinforce.temperature,
  }: { task: string; horizon: number; seed: number; temperature?: number },
): Promise<Legs> {
  const environment = new GridworldPinpad({
    world: worldOf(config),
    tasks: [task],
    horizon,
    environments: WORLDS,
    observation: base.space,
  });
  const controller = new OracleSwitching(controllers, layer, [...task].map(Number), WORLDS);
  const rollout = new Rollout({ model: base.model, environment, controller, seed: WORLD_SEED.evaluation + seed, temperature });
  const legs = await legsOf(rollout, task.length, 4);
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
    timeout: cut / played,
    legs: reached.slice(1).map((finished, leg) => finished / Math.max(1, reached[leg])),
  };
}
