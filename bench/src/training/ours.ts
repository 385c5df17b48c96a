/** Training steps as this repository does them. */
import { HostRandom } from '@coxswain/base';
import { DiscoveryTrainer, Metacontroller } from '@coxswain/metacontroller';
import { AdamW, type Device, ParameterStore, type Program } from '@coxswain/tensor';
import { Pretrainer, type SequenceBatch, Transformer } from '@coxswain/transformer';
import type { OurPrepared } from '../ours.js';
import { programFigures } from '../program.js';
import type { Weights } from '../reference/transformer.js';
import { type DiscoverySpec, GATE, makeBatch as makeDiscoveryBatch } from './discovery.js';
import { OBSERVATION_WEIGHT, OPTIMISER, type Pretraining } from './pretraining.js';

export interface OurTraining extends OurPrepared {
  /** The weights that are trained, before the first step. */
  readonly start: Weights;
  /** The gradient of the last step. */
  gradient(): Promise<Weights>;
}

/** A trainer with what the suite needs to know of it. */
interface Training {
  readonly store: ParameterStore;
  readonly parts: readonly { dispose(): void }[];
  program(): Program;
  ready(): Promise<void>;
  run(): void;
  /** Mean loss of the steps since the last call. */
  loss(): Promise<number>;
}

async function prepare(device: Device, open: () => Training): Promise<OurTraining> {
  const from = performance.now();
  const training = open();
  const { store, run } = training;
  const start = await store.save();
  const program = training.program();
  const compiling = performance.now();
  await training.ready();
  const compileMs = performance.now() - compiling;
  run();
  await device.finish();
  return {
    ...programFigures(device, program),
    compileMs,
    start,
    firstMs: performance.now() - from,
    gradient: async () => store.unpack((await store.gradients.read()) as Float32Array),
    run,
    finish: () => device.finish(),
    outputs: async () => [[await training.loss()]],
    dispose: () => {
      for (const part of training.parts) part.dispose();
    },
  };
}

const { learningRate, ...settings } = OPTIMISER;

/** A pretraining run from its own random start. */
export function preparePretraining(device: Device, spec: Pretraining, batch: SequenceBatch): Promise<OurTraining> {
  return prepare(device, () => {
    const store = new ParameterStore(device);
    const model = new Transformer(store, spec.config);
    store.finish(new HostRandom(1));
    const optimiser = new AdamW(store, settings);
    const trainer = new Pretrainer(model, store, optimiser, {
      batch: spec.batch,
      meanLength: spec.time,
      observationWeight: OBSERVATION_WEIGHT,
    });
    return {
      store,
      parts: [trainer, optimiser, model, store],
      program: () => trainer.program(spec.time),
      ready: () => trainer.ready(spec.time),
      run: () => trainer.step(batch, learningRate),
      loss: async () => {
        const { actionNll, observationNll } = await trainer.metrics();
        return actionNll + OBSERVATION_WEIGHT * observationNll;
      },
    };
  });
}

/** A discovery run from random starts of its own. @returns `base`: the weights of the frozen model, besides. */
export async function prepareDiscovery(device: Device, spec: DiscoverySpec): Promise<{ mine: OurTraining; base: Weights }> {
  const { batch, time, layer, embedderLayer, alpha, seed } = spec;
  const frozen = new ParameterStore(device, false);
  const model = new Transformer(frozen, spec.config);
  frozen.finish(new HostRandom(1));
  const base = await frozen.save();
  const data = makeDiscoveryBatch(spec);
  const mine = await prepare(device, () => {
    const store = new ParameterStore(device);
    const controller = new Metacontroller(store, spec.controller);
    store.finish(new HostRandom(2));
    const optimiser = new AdamW(store, settings);
    const trainer = new DiscoveryTrainer(model, controller, optimiser, {
      batch,
      meanLength: time,
      layer,
      embedderLayer,
      view: 'partner',
      seed,
    });
    let step = 0;
    return {
      store,
      parts: [trainer, optimiser, store, model, frozen],
      program: () => trainer.program(time),
      ready: () => trainer.ready(time),
      run: () => trainer.step(data, { step: step++, learningRate, alpha, gate: GATE }),
      loss: async () => {
        const { actionNll, kl } = await trainer.metrics();
        return actionNll + alpha * kl;
      },
    };
  });
  return { mine, base };
}
