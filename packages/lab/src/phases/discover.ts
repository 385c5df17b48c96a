/** Phase 2: a metacontroller finds skills in the frozen base's residual stream (arXiv 2512.20605, §4), or a baseline in its place. */
import { LengthBuckets } from '@coxswain/envs';
import { DiscoveryTrainer } from '@coxswain/metacontroller';
import { AdamW, readSafetensors, type SafeTensor, writeSafetensors } from '@coxswain/tensor';
import { METRICS } from '../names.js';
import type { Phase, PhaseContext } from '../phase.js';
import { RESULT_FILE } from '../run/folder.js';
import type { Config } from '../settings/sections.js';
import { controllerAnswer } from './answers.js';
import { loadBase } from './base.js';
import { type CodeStatistics, controllerTensors, makeController, splitTensors, withCodes } from './controller.js';
import { discoveryBatch } from './discovery-data.js';
import { evaluateController } from './evaluate-controller.js';
import { methodOf } from './methods.js';
import { gradientScaleOf } from './precision.js';
import { withCulprit } from './spoilt.js';
import { Starts, updatesOf } from './starts.js';
import { loadTrainingState, readTrainingState, trainingState } from './training-state.js';
import { demonstrations, makeDemonstrations, meanLength } from './world.js';

/** Linear from zero over `warmup` steps, constant for `holdRate` of all, then linear to `finalRate` of it at the last. */
export function discoverRate({ learningRate, warmup, steps, holdRate, finalRate }: Config['discover'], step: number): number {
  const fall = holdRate >= 1 ? 1 : Math.max(finalRate, Math.min(1, (1 - step / steps) / (1 - holdRate)));
  return learningRate * Math.min(1, (step + 1) / Math.max(1, warmup)) * fall;
}

/** α rises linearly from zero. */
export function alphaAt(alpha: number, { alphaWarmup }: Config['discover'], step: number): number {
  return alphaWarmup > 0 ? alpha * Math.min(1, (step + 1) / alphaWarmup) : alpha;
}

const MODEL = 'model.safetensors';

async function run(context: PhaseContext): Promise<void> {
  const { config, seed, device, folder, session, inputs } = context;
  const settings = config.discover;
  const updates = updatesOf(settings);
  const data = await makeDemonstrations(config, seed, settings.episodes, settings, session);
  const batches = new LengthBuckets(data, { size: settings.batch, seed, pool: settings.lengthBuckets });
  const heldOut = demonstrations(config, 'heldOut', seed, settings.evaluationEpisodes, settings);
  const method = methodOf(config);
  const view = method.view(config);
  const base = loadBase(device, inputs.base, method.trainsBase);
  const controller = makeController(device, config, base, seed);
  const { precision, weightDecay, gradientClip: clip } = settings;
  const adamw = { weightDecay, clip, gradientScale: gradientScaleOf(device, 'discover', precision) };
  const optimiser = new AdamW(controller.store, adamw);
  const baseOptimiser = method.trainsBase ? new AdamW(base.store, adamw) : undefined;
  const trainer = new DiscoveryTrainer(base.model, controller.model, optimiser, {
    batch: settings.batch,
    meanLength: meanLength(data),
    layer: config.metacontroller.layer,
    embedderLayer: config.metacontroller.embedderLayer,
    view,
    seed,
    precision,
    ...(baseOptimiser ? { baseOptimiser } : {}),
  });
  const parameters = () => controllerTensors(controller.store, baseOptimiser && base.store);
  const setParameters = (tensors: ReadonlyMap<string, SafeTensor>, what: string) => {
    const [own, ofBase] = splitTensors(tensors);
    controller.store.load(own, what);
    if (baseOptimiser) base.store.load(ofBase, what);
  };
  const state = () => trainingState(optimiser, trainer.sums, baseOptimiser);
  const [untouched, [, pretrained]] = [await state(), splitTensors(await parameters())];
  const starts = new Starts(settings, {
    begin: async (start) => {
      if (baseOptimiser) base.store.load(pretrained);
      const fresh = makeController(device, config, base, seed, true, start);
      controller.store.load(await fresh.store.save());
      fresh.dispose();
      loadTrainingState(untouched, optimiser, trainer.sums, baseOptimiser);
    },
    save: async () => ({ [MODEL]: writeSafetensors(await parameters()), ...(await state()) }),
    load: (files) => {
      setParameters(readSafetensors(files[MODEL], 'the best start').tensors, 'the best start');
      loadTrainingState(files, optimiser, trainer.sums, baseOptimiser);
    },
  });
  let done = 0;
  const { resumed } = context;
  if (resumed) {
    setParameters(readSafetensors(resumed.read(MODEL), resumed.folder).tensors, resumed.folder);
    loadTrainingState(readTrainingState(resumed), optimiser, trainer.sums, baseOptimiser);
    starts.restore(resumed);
    done = resumed.step;
  }
  const measure = () => evaluateController(base, controller, config, seed, heldOut);
  const snapshot = (codes: CodeStatistics) => async () => {
    const { files, extra } = starts.snapshot();
    const model = writeSafetensors(withCodes(await parameters(), codes));
    return { files: { [MODEL]: model, ...(await state()), ...files }, extra };
  };
  const update = async (): Promise<void> => {
    const { start, step } = await starts.before(done);
    const { batch } = discoveryBatch(base.space, batches.batch(step), view, seed, step);
    const rate = discoverRate(settings, step);
    const alpha = alphaAt(method.alpha(config), settings, step);
    await trainer.ready(batch.time);
    trainer.step(batch, { step, learningRate: rate, alpha, gate: method.trainingGate(config, step) });
    done++;
    const notes: Record<string, number> = {};
    const last = done === updates;
    if (done % settings.logEvery === 0 || last) {
      const { actionNll, kl, beta, further, gradientNorm } = await trainer.metrics();
      session.log(done, {
        [METRICS.start]: start,
        [METRICS.actionNll]: actionNll,
        [METRICS.codeKl]: kl,
        ...(config.discover.method === 'compile' ? { [METRICS.boundaryLoss]: further } : {}),
        [METRICS.alpha]: alpha,
        [METRICS.switchDensity]: beta,
        [METRICS.gradientNorm]: gradientNorm,
        [METRICS.learningRate]: rate,
      });
      notes[METRICS.actionNll] = actionNll;
    }
    if (done % settings.evaluateEvery === 0 || last || starts.endsAt(done)) {
      const { result } = await measure();
      session.log(done, {
        [METRICS.start]: start,
        [METRICS.nllSoft]: result.nllSoft,
        [METRICS.nllHard]: result.nllHard,
        [METRICS.nllUncontrolled]: result.nllUncontrolled,
        [METRICS.switchF1Exact]: result.f1Exact,
        [METRICS.switchF1]: result.f1,
        [METRICS.subgoalReadout]: result.readout,
      });
      if (starts.endsAt(done)) await starts.ended(done, result.nllSoft);
    }
    // The codes' statistics are only needed by what comes after: measured where a checkpoint is made.
    const codes = session.savesAt(done) ? (await measure()).codes : undefined;
    await session.afterStep(done, snapshot(codes ?? { mean: new Float32Array(0), std: new Float32Array(0) }), notes);
  };
  while (done < updates) await withCulprit(() => trainer.explain(), update);
  const { result, traces } = await measure();
  folder.writeArtifact('switches.json', traces);
  folder.writeArtifact(RESULT_FILE, { ...result, method: settings.method, view, steps: settings.steps, start: starts.best ?? 0 });
  trainer.dispose();
  baseOptimiser?.dispose();
  optimiser.dispose();
  controller.dispose();
  base.dispose();
}

export const discoverPhase: Phase = {
  name: 'discover',
  about: 'Trains a metacontroller on the frozen base model: skills and switches without labels.',
  sections: ['world', 'model', 'metacontroller', 'discover', 'compile'],
  inputs: [{ name: 'base', phase: 'pretrain', about: 'run folder of the base model', gives: ['world', 'model'], required: () => true }],
  leaves: RESULT_FILE,
  answer: controllerAnswer,
  lighter: 'take a smaller batch: --set discover.batch=N',
  shortcuts: { method: 'discover.method', view: 'discover.view' },
  length: ({ discover }) => ({ steps: updatesOf(discover), unit: 'steps', saveEvery: discover.saveEvery }),
  run,
};
