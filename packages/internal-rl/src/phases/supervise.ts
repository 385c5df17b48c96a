/**
 * The bound that labels give: one low-rank controller per subgoal, trained with labels and switched on in the right
 * order.
 */

import { BASE_INPUT, loadBase, makeDemonstrations, type Phase, type PhaseContext, RESULT_FILE, trainingProbe } from '@coxswain/lab';
import { readSafetensors, writeSafetensors } from '@coxswain/tensor';
import { METRICS } from '../metrics.js';
import { SUPERVISION } from '../probes/variations.js';
import { checkSteering } from '../settings/checks.js';
import { successAnswer } from './answers.js';
import { oracleLegs, SupervisedTraining } from './supervised-controllers.js';

async function run({ config, seed, device, folder, session, inputs, resumed }: PhaseContext): Promise<void> {
  const settings = config.supervise;
  const base = loadBase(device, inputs.base);
  const data = await makeDemonstrations(config, seed, settings.episodes, config.discover, session);
  const training = new SupervisedTraining(base, config, seed, config.metacontroller.layer, data);
  const { store, optimiser } = training;
  let done = 0;
  if (resumed) {
    store.load(readSafetensors(resumed.read('model.safetensors'), resumed.folder).tensors, resumed.folder);
    optimiser.load(readSafetensors(resumed.read('state.safetensors'), resumed.folder).tensors);
    done = resumed.step;
  }
  while (done < settings.steps) {
    await training.step(done);
    done++;
    await session.afterStep(done, async () => {
      await training.requireFinite();
      return {
        files: { 'model.safetensors': writeSafetensors(await store.save()), 'state.safetensors': writeSafetensors(await optimiser.save()) },
      };
    });
  }
  const nll = await training.nll();
  const { task, horizon } = config.reinforce;
  const { longTask, longHorizon } = config.evaluate;
  const labels = { method: 'supervised', view: null, baseSeed: inputs.base.identity.seed, controllerSeed: null, rlSeed: seed, episodes: 0 };
  const rowOf = async (asked: string, steps: number) => {
    const { success, played } = await oracleLegs(config, base, training, { task: asked, horizon: steps, seed });
    return { ...labels, task: asked, success, sampled: played };
  };
  const rows = [await rowOf(task, horizon)];
  if (longTask && longTask !== task) rows.push(await rowOf(longTask, longHorizon));
  session.note(`NLL under the right controller ${nll.toFixed(4)}; success on ${task} ${rows[0].success.toFixed(4)}`);
  folder.writeArtifact(RESULT_FILE, { rows, [METRICS.nllHard]: nll });
  training.dispose();
  base.dispose();
}

export const supervisePhase: Phase = {
  name: 'supervise',
  about: 'Trains one controller per subgoal with labels: the bound on what steering can do.',
  sections: ['world', 'model', 'metacontroller', 'discover', 'supervise', 'reinforce', 'evaluate'],
  needs: ['demonstrations', 'goals', 'events'],
  inputs: [BASE_INPUT],
  check: checkSteering,
  leaves: RESULT_FILE,
  probe: trainingProbe({ name: 'supervise', run, startsFromBase: true, data: 'discover', variations: SUPERVISION }),
  follow: { curve: [METRICS.actionNll], latest: [] },
  answer: successAnswer,
  lighter: 'take a smaller batch: --set supervise.batch=N',
  shortcuts: {},
  length: ({ supervise }) => ({ steps: supervise.steps, unit: 'steps', saveEvery: supervise.saveEvery }),
  run,
};
