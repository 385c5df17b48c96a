/**
 * Phase 2: a metacontroller finds skills in the frozen base's residual stream (arXiv 2512.20605, §4), or a baseline in
 * its place.
 */

import { batchesOf, meanLength } from '@coxswain/envs';
import {
  BASE_INPUT,
  type Base,
  type Config,
  demonstrations,
  gradientScaleOf,
  loadBase,
  loadTrainingState,
  makeDemonstrations,
  type Phase,
  type PhaseContext,
  RESULT_FILE,
  rateAt,
  readTrainingState,
  trainingProbe,
  trainingState,
  wholeConfig,
  withCulprit,
} from '@coxswain/lab';
import { type CodeStatistics, controllerTensors, DiscoveryTrainer, partsOf, withCodes } from '@coxswain/metacontroller';
import { AdamW, readSafetensors, type SafeTensor, writeSafetensors } from '@coxswain/tensor';
import { METRICS } from '../metrics.js';
import { Staged, type StageSummary } from '../moments/staged.js';
import { writeStages } from '../moments/write-stages.js';
import { DISCOVERY } from '../probes/variations.js';
import { SWITCHES } from '../report/traces.js';
import { checkMethod, checkSteering, checkViews } from '../settings/checks.js';
import { controllerAnswer, stageNote } from './answers.js';
import { type Controller, MODEL_FILE, makeController, type NamedTensors } from './controller.js';
import { discoveryBatch } from './discovery-data.js';
import { type ControllerEvaluation, evaluateController } from './evaluate-controller.js';
import { measureInjection } from './measure-injection.js';
import { methodOf } from './methods.js';
import { agreementScore, neighboursAgree } from './neighbouring-codes.js';
import { needsOfView, type Stage, showsOwnMoments, stagedUpdates } from './stages.js';
import { Starts } from './starts.js';

/** α rises linearly from zero. */
export function alphaAt(alpha: number, { alphaWarmup }: Config['discover'], step: number): number {
  return alphaWarmup > 0 ? alpha * Math.min(1, (step + 1) / alphaWarmup) : alpha;
}

/** What is trained, and what of it a checkpoint has. */
interface Trainee {
  readonly base: Base;
  readonly controller: Controller;
  readonly trainer: DiscoveryTrainer;
  /** By name, as in `model.safetensors`; the base's too, where it learns along. */
  parameters(): Promise<NamedTensors>;
  /** The optimisers' moments and the metrics not yet read. */
  state(): Promise<Record<string, Uint8Array>>;
  load(tensors: ReadonlyMap<string, SafeTensor>, state: Readonly<Record<string, Uint8Array>>, what: string): void;
  /** Weights of a start, optimisers that have done nothing. */
  begin(start: number): Promise<void>;
  dispose(): void;
}

async function makeTrainee({ config, seed, device }: PhaseContext, base: Base, stepsOfAnEpisode: number): Promise<Trainee> {
  const { discover: settings, metacontroller } = config;
  const method = methodOf(config);
  const controller = makeController(device, config, base, seed);
  const { precision, weightDecay, gradientClip: clip } = settings;
  const adamw = { weightDecay, clip, gradientScale: gradientScaleOf(device, 'discover', precision) };
  const optimiser = new AdamW(controller.store, adamw);
  const baseOptimiser = method.trainsBase ? new AdamW(base.store, adamw) : undefined;
  const trainer = new DiscoveryTrainer(base.model, controller.model, optimiser, {
    batch: settings.batch,
    meanLength: stepsOfAnEpisode,
    layer: metacontroller.layer,
    embedderLayer: metacontroller.embedderLayer,
    view: method.view(config),
    seed,
    precision,
    ...(baseOptimiser ? { baseOptimiser } : {}),
  });
  const parameters = () => controllerTensors(controller.store, baseOptimiser && base.store);
  const state = () => trainingState(optimiser, trainer.sums, baseOptimiser);
  const [untouched, { base: pretrained }] = [await state(), partsOf(await parameters())];
  return {
    base,
    controller,
    trainer,
    parameters,
    state,
    load: (tensors, saved, what) => {
      const { own, base: ofBase } = partsOf(tensors);
      controller.store.load(own, what);
      if (baseOptimiser) base.store.load(ofBase, what);
      loadTrainingState(saved, optimiser, trainer.sums, baseOptimiser);
    },
    begin: async (start) => {
      if (baseOptimiser) base.store.load(pretrained);
      const fresh = makeController(device, config, base, seed, true, start);
      controller.store.load(await fresh.store.save());
      fresh.dispose();
      loadTrainingState(untouched, optimiser, trainer.sums, baseOptimiser);
    },
    dispose: () => {
      for (const part of [trainer, baseOptimiser, optimiser, controller]) part?.dispose();
    },
  };
}

/** The starts of a stage. */
const startsOf = (trainee: Trainee, { settings }: Stage): Starts =>
  new Starts(settings, {
    begin: trainee.begin,
    save: async () => ({ [MODEL_FILE]: writeSafetensors(await trainee.parameters()), ...(await trainee.state()) }),
    load: (files) => trainee.load(readSafetensors(files[MODEL_FILE], 'the best start').tensors, files, 'the best start'),
  });

/** Metrics that are known. */
const known = (values: Readonly<Record<string, number | null | undefined>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, number] => typeof entry[1] === 'number'));

/** What an evaluation on held-out demonstrations says, as metrics. */
const measured = (result: ControllerEvaluation): Record<string, number> =>
  known({
    [METRICS.nllSoft]: result.nllSoft,
    [METRICS.nllHard]: result.nllHard,
    [METRICS.nllUncontrolled]: result.nllUncontrolled,
    [METRICS.switchF1Exact]: result.f1Exact,
    [METRICS.switchF1]: result.f1,
    [METRICS.subgoalReadout]: result.readout,
  });

/** What is told of a finished stage, as metrics. */
const told = ({ momentShare, momentF1, agreement }: StageSummary): Record<string, number> =>
  known({ [METRICS.momentShare]: momentShare, [METRICS.momentF1]: momentF1, [METRICS.switchAgreement]: agreement });

async function run(context: PhaseContext): Promise<void> {
  const { config, seed, device, folder, session, inputs, resumed } = context;
  const { discover: settings } = config;
  const method = methodOf(config);
  const updates = stagedUpdates(config);
  const data = await makeDemonstrations(config, seed, settings.episodes, settings, session);
  const batches = batchesOf(data, { size: settings.batch, seed, pool: settings.lengthBuckets });
  const heldOut = demonstrations(config, 'heldOut', seed, settings.evaluationEpisodes, settings);
  const base = loadBase(device, inputs.base, method.trainsBase);
  const staged = await Staged.open(context, { base, data, heldOut });
  const trainee = await makeTrainee(context, base, meanLength(data));
  const { trainer } = trainee;
  let starts = startsOf(trainee, staged.stage);
  let done = 0;
  if (resumed) {
    trainee.load(readSafetensors(resumed.read(MODEL_FILE), resumed.folder).tensors, readTrainingState(resumed), resumed.folder);
    starts.restore(resumed);
    done = resumed.step;
  }
  const shownNow = (): Controller => ({ ...trainee.controller, ...(staged.moments ? { moments: staged.moments } : {}) });
  const measure = () => evaluateController(base, shownNow(), config, seed, heldOut);
  const neighbours = () => neighboursAgree(base, shownNow(), config, seed, heldOut, settings.injectionEpisodes);
  const snapshot = (codes: CodeStatistics) => async () => {
    const { files, extra } = starts.snapshot();
    const { tensors, metadata, extra: ofStages } = staged.snapshot();
    const model = writeSafetensors(new Map([...withCodes(await trainee.parameters(), codes), ...tensors]), metadata);
    return { files: { [MODEL_FILE]: model, ...(await trainee.state()), ...files }, extra: { ...extra, ...ofStages } };
  };
  const update = async (): Promise<void> => {
    if (staged.beginsAfter(done)) {
      const { own: finished } = partsOf(await trainee.parameters());
      await staged.next(finished);
      starts = startsOf(trainee, staged.stage);
      await trainee.begin(0);
    }
    const { stage } = staged;
    const ofStage = { ...config, discover: stage.settings };
    const { start, step } = await starts.before(done - stage.from);
    const shown = { moments: staged.shown, symmetry: settings.symmetry };
    const { batch } = discoveryBatch(base.world, batches.batch(step), stage.view, seed, step, shown);
    const rate = rateAt(stage.settings, step);
    const alpha = alphaAt(method.alpha(config), stage.settings, step);
    await trainer.ready(batch.time);
    trainer.step(batch, { step, learningRate: rate, alpha, gate: method.trainingGate(ofStage, step) });
    done++;
    const ofStarts = done - stage.from;
    const last = staged.endsAt(done);
    const place = { [METRICS.start]: start, ...(staged.several ? { [METRICS.stage]: staged.number } : {}) };
    const notes: Record<string, number> = {};
    if (done % settings.logEvery === 0 || last) {
      const { actionNll, kl, beta, further, gradientNorm } = await trainer.metrics();
      session.log(done, {
        ...place,
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
    let finished = false;
    if (done % settings.evaluateEvery === 0 || last || starts.endsAt(ofStarts)) {
      const { result } = await measure();
      const summary = last ? await staged.measure(trainee.controller, result) : undefined;
      const score = starts.endsAt(ofStarts) && settings.startsBy === 'neighbours' ? agreementScore(await neighbours()) : undefined;
      const scored: Record<string, number> = score === undefined ? {} : { [METRICS.neighboursAgree]: score };
      session.log(done, { ...place, ...measured(result), ...scored, ...(summary ? told(summary) : {}) });
      if (starts.endsAt(ofStarts)) await starts.ended(ofStarts, score === undefined ? result.nllSoft : -score);
      if (summary && staged.several) session.note(stageNote(summary));
      finished = last && staged.still && done < updates;
    }
    // Once switches stand still the stages that are left have nothing to find: the run is at its end.
    if (finished) done = updates;
    // The codes' statistics are only needed by what comes after: measured where a checkpoint is made.
    const codes = last || session.savesAt(done) ? (await measure()).codes : undefined;
    await session.afterStep(done, snapshot(codes ?? { mean: new Float32Array(0), std: new Float32Array(0) }), notes, last);
  };
  while (done < updates) await withCulprit(() => trainer.explain(), update);
  const { result, traces } = await measure();
  folder.writeArtifact(SWITCHES.file, traces);
  const stages = await staged.traces(trainee.controller);
  if (stages.length > 0) writeStages(folder, stages);
  const injection = await measureInjection(base, shownNow(), config, seed, heldOut);
  folder.writeArtifact(RESULT_FILE, {
    ...result,
    method: settings.method,
    view: staged.several ? settings.view : staged.stage.view,
    steps: settings.steps,
    start: starts.best ?? 0,
    ...(staged.summaries.length > 0 ? { stages: staged.summaries, ...(staged.several ? { still: staged.still } : {}) } : {}),
    ...(injection ? { injection, neighbours: await neighbours() } : {}),
  });
  staged.dispose();
  trainee.dispose();
  base.dispose();
}

/** Why a controller has no place as the first one, if so. */
function firstRefused({ view }: Config['discover'], first: Config['discover']): string | undefined {
  if (view !== 'switches') return `View ${view} looks at no other controller: leave it out, or choose --view switches`;
  if (first.view !== 'touches' && !showsOwnMoments(first.view))
    return `It was trained with view ${first.view}, which shows whole episodes: give one of view jumps, random, touches, switches or event-free`;
  if (first.method !== 'metacontroller') return `It is of method ${first.method}: give one of method metacontroller`;
  return undefined;
}

export const discoverPhase: Phase = {
  name: 'discover',
  about: 'Trains a metacontroller on the frozen base model: skills and switches without labels.',
  sections: ['world', 'model', 'metacontroller', 'discover', 'compile', 'stages'],
  needs: ['demonstrations'],
  needsWith: needsOfView,
  inputs: [
    BASE_INPUT,
    {
      name: 'first',
      phase: 'discover',
      about: 'with --view switches: run folder of a finished metacontroller on that base, whose switches are the moments shown',
      gives: ['metacontroller'],
      required: ({ discover }) => discover.view === 'switches',
      refused: ({ discover }, { config, preset }) => firstRefused(discover, wholeConfig(config, preset).discover),
    },
  ],
  check: (config) => {
    checkSteering(config);
    checkMethod(config);
    checkViews(config);
  },
  leaves: RESULT_FILE,
  answer: controllerAnswer,
  probe: trainingProbe({
    name: 'discover',
    run,
    startsFromBase: true,
    data: 'discover',
    // An untrained base has no jumps to speak of; a step costs the same whichever moments are shown.
    instead: ({ discover }) => (showsOwnMoments(discover.view) ? { view: 'touches' } : {}),
    variations: DISCOVERY,
  }),
  follow: { curve: [METRICS.actionNll], latest: [METRICS.switchF1Exact, METRICS.subgoalReadout, METRICS.nllHard] },
  lighter: 'take a smaller batch: --set discover.batch=N',
  shortcuts: { method: 'discover.method', view: 'discover.view' },
  length: (config) => ({ steps: stagedUpdates(config), unit: 'steps', saveEvery: config.discover.saveEvery }),
  run,
};
