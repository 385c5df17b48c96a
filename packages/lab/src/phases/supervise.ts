/** The bound that labels give: one low-rank controller per subgoal, trained with labels and switched on in the right order. */
import { type EpisodeBatch, GridworldPinpad, gatherEpisodes, LengthBuckets } from '@coxswain/envs';
import { type LabelledBatch, SupervisedControllers, SupervisedTrainer } from '@coxswain/metacontroller';
import { type Controller, evaluate, Rollout, type StepContext } from '@coxswain/rl';
import { AdamW, gatherRows, HostRandom, ParameterStore, readSafetensors, type Tensor, writeSafetensors } from '@coxswain/tensor';
import { METRICS } from '../names.js';
import type { Phase, PhaseContext } from '../phase.js';
import type { Config } from '../settings/sections.js';
import { type Base, loadBase } from './base.js';
import { byLength } from './evaluate-base.js';
import { demonstrations, meanLength, sequenceBatch, WORLD_SEED, worldOf } from './world.js';

function labelled(base: Base, episodes: EpisodeBatch): LabelledBatch {
  const { batch, time, indices, actions, mask } = sequenceBatch(base.space, episodes);
  return { batch, time, indices, actions, subgoals: episodes.subgoal, mask };
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

/** Success on a task with the true subgoals' controllers. */
async function oracleSuccess(
  config: Config,
  base: Base,
  controllers: SupervisedControllers,
  task: string,
  horizon: number,
  seed: number,
): Promise<number> {
  const environments = 512;
  const environment = new GridworldPinpad({ world: worldOf(config), tasks: [task], horizon, environments, observation: base.space });
  const controller = new OracleSwitching(controllers, config.metacontroller.layer, [...task].map(Number), environments);
  const rollout = new Rollout({ model: base.model, environment, controller, seed: WORLD_SEED.evaluation + seed });
  const { success } = await evaluate(rollout, 2048);
  rollout.dispose();
  controller.dispose();
  return success;
}

async function run({ config, seed, device, folder, session, inputs, resumed }: PhaseContext): Promise<void> {
  const settings = config.supervise;
  const base = loadBase(device, inputs.base);
  const data = demonstrations(config, 'training', seed, settings.episodes, config.discover.noise);
  const heldOut = demonstrations(config, 'heldOut', seed, settings.evaluationEpisodes, config.discover.noise);
  const batches = new LengthBuckets(data, { size: settings.batch, seed });
  const store = new ParameterStore(device);
  const controllers = new SupervisedControllers(store, {
    width: config.model.width,
    subgoals: config.world.colours,
    rank: config.metacontroller.rank,
  });
  store.finish(new HostRandom(seed, 3));
  const optimiser = new AdamW(store, { weightDecay: settings.weightDecay, clip: settings.gradientClip });
  const trainer = new SupervisedTrainer(
    base.model,
    controllers,
    { layer: config.metacontroller.layer, meanLength: meanLength(data) },
    optimiser,
  );
  let done = 0;
  if (resumed) {
    store.load(readSafetensors(resumed.read('model.safetensors'), resumed.folder).tensors, resumed.folder);
    optimiser.load(readSafetensors(resumed.read('state.safetensors'), resumed.folder).tensors);
    done = resumed.step;
  }
  while (done < settings.steps) {
    const batch = labelled(base, batches.batch(done));
    await trainer.ready(batch);
    trainer.step(batch, settings.learningRate * Math.max(settings.finalRate, 1 - done / settings.steps));
    done++;
    await session.afterStep(done, async () => ({
      files: { 'model.safetensors': writeSafetensors(await store.save()), 'state.safetensors': writeSafetensors(await optimiser.save()) },
    }));
  }
  let total = 0;
  let steps = 0;
  for (const index of byLength(heldOut, 250)) {
    const batch = labelled(base, gatherEpisodes(heldOut, index));
    const count = batch.mask.reduce((a, b) => a + b, 0);
    total += (await trainer.nll(batch)) * count;
    steps += count;
  }
  const { task, horizon } = config.reinforce;
  const { longTask, longHorizon } = config.evaluate;
  const labels = { method: 'supervised', view: null, baseSeed: inputs.base.identity.seed, controllerSeed: null, rlSeed: seed, episodes: 0 };
  const rows = [{ ...labels, task, success: await oracleSuccess(config, base, controllers, task, horizon, seed) }];
  if (longTask && longTask !== task)
    rows.push({ ...labels, task: longTask, success: await oracleSuccess(config, base, controllers, longTask, longHorizon, seed) });
  session.note(`NLL under the right controller ${(total / steps).toFixed(4)}; success on ${task} ${rows[0].success.toFixed(4)}`);
  folder.writeArtifact('result.json', { rows, [METRICS.nllHard]: total / steps });
  trainer.dispose();
  optimiser.dispose();
  controllers.dispose();
  store.dispose();
  base.dispose();
}

export const supervisePhase: Phase = {
  name: 'supervise',
  about: 'Trains one controller per subgoal with labels: the bound on what steering can do.',
  sections: ['world', 'model', 'metacontroller', 'discover', 'supervise', 'reinforce', 'evaluate'],
  inputs: [{ name: 'base', phase: 'pretrain', about: 'run folder of the base model', gives: ['world', 'model'], required: () => true }],
  shortcuts: {},
  length: ({ supervise }) => ({ steps: supervise.steps, unit: 'steps', saveEvery: supervise.saveEvery }),
  run,
};
