/** The bound that labels give: one low-rank controller per subgoal, trained with labels and switched on in the right order. */
import { LengthBuckets } from '@coxswain/envs';
import { SupervisedControllers, SupervisedTrainer } from '@coxswain/metacontroller';
import { AdamW, HostRandom, ParameterStore, readSafetensors, writeSafetensors } from '@coxswain/tensor';
import { METRICS } from '../names.js';
import type { Phase, PhaseContext } from '../phase.js';
import { loadBase } from './base.js';
import { labelled, oracleLegs, supervisedNll } from './supervised-controllers.js';
import { demonstrations, meanLength } from './world.js';

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
  const nll = await supervisedNll(base, trainer, heldOut);
  const { task, horizon } = config.reinforce;
  const { longTask, longHorizon } = config.evaluate;
  const labels = { method: 'supervised', view: null, baseSeed: inputs.base.identity.seed, controllerSeed: null, rlSeed: seed, episodes: 0 };
  const { layer } = config.metacontroller;
  const successOn = async (asked: string, steps: number): Promise<number> =>
    (await oracleLegs(config, base, { controllers, layer }, { task: asked, horizon: steps, seed })).success;
  const rows = [{ ...labels, task, success: await successOn(task, horizon) }];
  if (longTask && longTask !== task) rows.push({ ...labels, task: longTask, success: await successOn(longTask, longHorizon) });
  session.note(`NLL under the right controller ${nll.toFixed(4)}; success on ${task} ${rows[0].success.toFixed(4)}`);
  folder.writeArtifact('result.json', { rows, [METRICS.nllHard]: nll });
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
