/** Phase 3: internal RL over codes, or raw-action RL on the base itself (arXiv 2512.20605, §5). */

import {
  BASE_INPUT,
  type Phase,
  type PhaseContext,
  RESULT_FILE,
  type ResultRow,
  type Snapshot,
  WORLD_SEED,
  withCulprit,
} from '@coxswain/lab';
import { LOG_STD, type NamedArrays, type Reinforcer } from '@coxswain/rl';
import { asFloat64, readSafetensors, writeSafetensors } from '@coxswain/tensor';
import { METRICS } from '../metrics.js';
import { updatesProbe } from '../probes/updates.js';
import { EPISODES } from '../report/shown-episodes.js';
import { checkReward } from '../settings/checks.js';
import { successAnswer } from './answers.js';
import { assembleReinforcement } from './assemble-reinforcement.js';
import { labelsOf } from './labels.js';
import { episodesSeen, noControllerOfRaw, otherMethod } from './learned-policy.js';
import { play } from './play.js';
import { explorationAt, progressOf, reinforceRate } from './reinforce-schedules.js';

/** Mean standard deviation of the codes that a policy proposes, where there is one: it is among what is learned. */
function spreadOf(learned: NamedArrays, explored: number): Readonly<Record<string, number>> {
  const logStd = learned.get(LOG_STD);
  if (!logStd) return {};
  const std = asFloat64(logStd).map((one) => Math.exp(one));
  return { [METRICS.policySpread]: explored * (std.reduce((sum, one) => sum + one, 0) / std.length) };
}

/**
 * What a checkpoint of an RL run holds: the learned parameters by themselves, and all that the next update depends on.
 */
async function snapshot(reinforcer: Reinforcer, learned: NamedArrays, episodes: number): Promise<Snapshot> {
  return {
    extra: { episodes },
    files: {
      'model.safetensors': writeSafetensors(learned),
      'state.safetensors': writeSafetensors(await reinforcer.save()),
    },
  };
}

async function run({ config, seed, device, others, folder, session, inputs, resumed }: PhaseContext): Promise<void> {
  const { reinforcer, actors, episodesPerUpdate, updates, explore, dispose } = assembleReinforcement(device, config, inputs, seed, {
    others,
  });
  const [actor, ...actorsBeside] = actors;
  const before = inputs.policy ? episodesSeen(inputs.policy) : 0;
  const seen = (done: number): number => before + done * episodesPerUpdate;
  if (resumed) reinforcer.load(readSafetensors(resumed.read('state.safetensors'), resumed.folder).tensors, resumed.folder);
  const { saveEvery } = config[config.reinforce.method];
  let log = async (_more: Readonly<Record<string, number>> = {}): Promise<void> => {};
  while (reinforcer.updates < updates) {
    const progress = progressOf(updates, reinforcer.updates, reinforcer.updatesWithoutSignal);
    const rate = reinforceRate(config[config.reinforce.method], progress);
    explore(progress);
    const update = await reinforcer.step(rate);
    const done = reinforcer.updates;
    await log();
    // Its losses come with the next update's episodes: nothing waits for them, unless the run is saved.
    log = async (more = {}) => {
      const { metrics } = await update.finish();
      session.log(done, { [METRICS.episodes]: seen(done), [METRICS.learningRate]: rate, ...metrics, ...more });
      log = async () => {};
    };
    const save = async (): Promise<Snapshot> => {
      const learned = await reinforcer.store.save();
      // Not where Ctrl-C saves: a run that was stopped has the metrics of one that was not.
      const due = done % saveEvery === 0 || done === updates;
      await log(due ? spreadOf(learned, explorationAt(config.internal, progress)) : {});
      return snapshot(reinforcer, learned, seen(done));
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
  rows.push({ ...labels, task, episodes: seen(updates), success: measured.success, sampled: measured.episodes });
  if (longTask && longTask !== task) {
    const options = { task: longTask, horizon: longHorizon, episodes: Math.min(episodes, 2048), seed: evaluation };
    const long = await play(config, actor, options, actorsBeside);
    rows.push({ ...labels, task: longTask, episodes: seen(updates), success: long.success, sampled: long.episodes });
  }
  folder.writeArtifact(EPISODES.file, measured.drawn);
  folder.writeArtifact(RESULT_FILE, {
    rows,
    evaluationEpisodes: measured.episodes,
    updatesWithoutSignal: reinforcer.updatesWithoutSignal,
  });
  session.note(`success on ${task}: ${measured.success.toFixed(4)} over ${measured.episodes} sampled episodes`);
  dispose();
}

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
  check: checkReward,
  leaves: RESULT_FILE,
  probe: updatesProbe,
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
