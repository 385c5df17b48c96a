/** Measures a trained policy, or the bare base model, on any task: no learning. */

import { BASE_INPUT, loadBase, type Phase, type PhaseContext, RESULT_FILE, type ResultRow, WORLD_SEED } from '@coxswain/lab';
import { readSafetensors } from '@coxswain/tensor';
import { EPISODES } from '../report/shown-episodes.js';
import { checkLongTask } from '../settings/checks.js';
import { successAnswer } from './answers.js';
import { makePolicy } from './assemble-reinforcement.js';
import { loadController } from './controller.js';
import { labelsOf } from './labels.js';
import { episodesSeen, noControllerOfRaw, otherMethod } from './learned-policy.js';
import { type Actor, play } from './play.js';

const DRAWN = 12;

async function run({ config, seed, device, folder, session, inputs }: PhaseContext): Promise<void> {
  const { base: baseModel, controller: controllerModel, policy: policyModel } = inputs;
  const owned: { dispose(): void }[] = [];
  const base = loadBase(device, baseModel);
  owned.push(base);
  let actor: Actor = { base };
  const trained = policyModel && readSafetensors(policyModel.bytes, policyModel.folder).tensors;
  if (trained && config.reinforce.method === 'raw') base.store.load(trained, policyModel.folder);
  else if (controllerModel) {
    const controller = loadController(device, controllerModel, base);
    const { policy, store } = makePolicy(device, config, controller, seed);
    if (trained) {
      store.load(trained, policyModel.folder);
      policy.explore(config.internal.finalExploration);
    }
    owned.unshift(policy, store, controller);
    actor = { base, steered: { controller, policy } };
  }
  const { task, horizon } = config.reinforce;
  const played = await play(config, actor, {
    task,
    horizon,
    episodes: config.evaluate.episodes,
    seed: WORLD_SEED.evaluation + seed,
    draw: DRAWN,
  });
  const labels = labelsOf({ seed: policyModel?.identity.seed ?? seed, config, inputs: folder.identity.inputs });
  const row: ResultRow = {
    ...labels,
    ...(policyModel ? {} : { method: controllerModel ? 'codes' : 'base' }),
    task,
    ...(policyModel ? { learned: policyModel.config.reinforce.task } : {}),
    episodes: policyModel ? episodesSeen(policyModel) : 0,
    success: played.success,
    sampled: played.episodes,
  };
  session.note(`success on ${task}: ${played.success.toFixed(4)} over ${played.episodes} sampled episodes`);
  await session.afterStep(1, async () => ({ files: {} }));
  folder.writeArtifact(EPISODES.file, played.drawn);
  folder.writeArtifact(RESULT_FILE, { rows: [row], evaluationEpisodes: played.episodes });
  for (const part of owned) part.dispose();
}

export const evaluatePhase: Phase = {
  name: 'evaluate',
  about: 'Measures a trained policy, codes drawn from a controller’s own distribution, or the bare base model, on a task.',
  sections: ['world', 'model', 'metacontroller', 'discover', 'reinforce', 'internal', 'raw', 'evaluate'],
  inputs: [
    BASE_INPUT,
    {
      name: 'controller',
      phase: 'discover',
      about: 'run folder of the metacontroller',
      gives: ['metacontroller', 'discover'],
      mayGive: ['stages'],
      required: () => false,
      refused: noControllerOfRaw,
    },
    {
      name: 'policy',
      phase: 'reinforce',
      about: 'run folder of what RL learned',
      gives: ['internal', 'raw'],
      required: () => false,
      refused: otherMethod,
    },
  ],
  check: checkLongTask,
  leaves: RESULT_FILE,
  answer: successAnswer,
  shortcuts: { task: 'reinforce.task', method: 'reinforce.method', episodes: 'evaluate.episodes' },
  length: () => ({ steps: 1, unit: 'evaluation', saveEvery: 1 }),
  run,
};
