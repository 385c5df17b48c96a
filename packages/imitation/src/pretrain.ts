/** Phase 1: the base model learns from noisy experts (arXiv 2512.20605, §3). */
import { batchesOf, meanLength, sequenceBatch, type Trajectories } from '@coxswain/envs';
import {
  type Base,
  type Config,
  demonstrations,
  gradientScaleOf,
  loadTrainingState,
  METRICS,
  makeBase,
  makeDemonstrations,
  modelBytes,
  type Phase,
  type PhaseContext,
  RESULT_FILE,
  rateAt,
  readTrainingState,
  SEQUENCE_MODEL,
  type Snapshot,
  trainingProbe,
  trainingState,
  withCulprit,
  worldOf,
} from '@coxswain/lab';
import { AdamW, readSafetensors } from '@coxswain/tensor';
import { Pretrainer } from '@coxswain/transformer';
import { modelAnswer } from './answer.js';
import { evaluateBase } from './evaluate-base.js';
import { PRETRAINING } from './variations.js';

/** The phase, and the section of its settings. */
export const PRETRAIN = 'pretrain';

async function run(context: PhaseContext): Promise<void> {
  const { config, seed, device, folder, session } = context;
  const { pretrain } = config;
  const data = await makeDemonstrations(config, seed, pretrain.episodes, pretrain, session);
  const batches = batchesOf(data, { size: pretrain.batch, seed, pool: pretrain.lengthBuckets });
  const heldOut = demonstrations(config, 'heldOut', seed, pretrain.evaluationEpisodes, pretrain);
  const floor = floorOf(config, heldOut);
  const base = makeBase(device, config, seed);
  const { precision, weightDecay, gradientClip: clip } = pretrain;
  const optimiser = new AdamW(base.store, { weightDecay, clip, gradientScale: gradientScaleOf(device, PRETRAIN, precision) });
  const trainer = new Pretrainer(base.model, base.store, optimiser, {
    batch: pretrain.batch,
    parts: pretrain.parts,
    precision,
    meanLength: meanLength(data),
    observationWeight: pretrain.observationWeight,
  });
  let done = 0;
  if (context.resumed) {
    base.store.load(readSafetensors(context.resumed.read('model.safetensors'), context.resumed.folder).tensors, context.resumed.folder);
    loadTrainingState(readTrainingState(context.resumed), optimiser, trainer.sums);
    done = context.resumed.step;
  }
  const measure = () => evaluateBase(base, config, seed, heldOut);
  const update = async (): Promise<void> => {
    const rate = rateAt(pretrain, done);
    const batch = sequenceBatch(batches.batch(done), base.world.spaces.predicted);
    await trainer.ready(batch.time);
    trainer.step(batch, rate);
    done++;
    const notes: Record<string, number> = {};
    const last = done === pretrain.steps;
    if (done % pretrain.logEvery === 0 || last) {
      const { actionNll, observationNll, gradientNorm } = await trainer.metrics();
      session.log(done, {
        [METRICS.actionNll]: actionNll,
        [METRICS.observationNll]: observationNll,
        [METRICS.gradientNorm]: gradientNorm,
        [METRICS.learningRate]: rate,
      });
      notes[METRICS.actionNll] = actionNll;
    }
    if (done % pretrain.evaluateEvery === 0 || last) {
      const { actionNll, obeyed } = await measure();
      const known = { ...(floor && { [METRICS.bayesFloor]: floor.nll }), ...(obeyed !== null && { [METRICS.obeyed]: obeyed }) };
      session.log(done, { [METRICS.evalActionNll]: actionNll, ...known });
    }
    await session.afterStep(done, () => snapshot(base, optimiser, trainer), notes);
  };
  while (done < pretrain.steps) await withCulprit(() => trainer.explain(), update);
  const result = await measure();
  folder.writeArtifact(RESULT_FILE, {
    ...result,
    ...(floor && { bayesFloor: floor.nll, bayesFloorError: floor.nllError, ratio: result.actionNll / floor.nll }),
    ...(heldOut.expertNll === undefined ? {} : { expertNll: heldOut.expertNll }),
    steps: done,
    episodes: pretrain.episodes,
  });
  trainer.dispose();
  optimiser.dispose();
  base.dispose();
}

/** What no model can do better than; absent where the world does not know it. */
function floorOf(config: Config, heldOut: Trajectories) {
  // It is that of the world's own expert.
  if (config.world.demonstrations !== undefined) return undefined;
  const { definition, settings, tasks } = worldOf(config);
  return definition.bayesFloor?.(settings, heldOut, { tasks, noise: config.pretrain.noise });
}

async function snapshot(base: Base, optimiser: AdamW, trainer: Pretrainer): Promise<Snapshot> {
  return { files: { 'model.safetensors': await modelBytes(base.store), ...(await trainingState(optimiser, trainer.sums)) } };
}

export const pretrainPhase: Phase = {
  name: PRETRAIN,
  about: 'Trains the base sequence model on expert demonstrations.',
  sections: ['world', 'model', 'pretrain'],
  makes: SEQUENCE_MODEL,
  needs: ['demonstrations'],
  inputs: [],
  leaves: RESULT_FILE,
  probe: trainingProbe({ name: PRETRAIN, run, startsFromBase: false, data: PRETRAIN, variations: PRETRAINING }),
  follow: { curve: [METRICS.evalActionNll, METRICS.actionNll], latest: [METRICS.bayesFloor, METRICS.obeyed] },
  answer: modelAnswer,
  lighter: 'work a batch off in more parts (--set pretrain.parts=N, a divisor of pretrain.batch)',
  shortcuts: {},
  length: ({ pretrain }) => ({ steps: pretrain.steps, unit: 'steps', saveEvery: pretrain.saveEvery }),
  run,
};
