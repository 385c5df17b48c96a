/** The pretraining step as this repository does it. */
import { AdamW, type Device, HostRandom, ParameterStore } from '@coxswain/tensor';
import { Pretrainer, type SequenceBatch, Transformer } from '@coxswain/transformer';
import type { OurPrepared } from '../ours.js';
import { programFigures, withCost } from '../program.js';
import { OBSERVATION_WEIGHT, OPTIMISER, type Pretraining, type Weights } from './pretraining.js';

export interface OurTraining extends OurPrepared {
  /** The weights before the first step. */
  readonly start: Weights;
  /** The gradient of the last step. */
  gradient(): Promise<Weights>;
}

/** A run from its own random start; its output is the mean loss of the steps since the last call. */
export async function prepareOurs(device: Device, spec: Pretraining, batch: SequenceBatch): Promise<OurTraining> {
  const from = performance.now();
  const store = new ParameterStore(device);
  const model = new Transformer(store, spec.config);
  store.finish(new HostRandom(1));
  const { learningRate, ...settings } = OPTIMISER;
  const optimiser = new AdamW(store, settings);
  const trainer = new Pretrainer(model, store, optimiser, {
    batch: spec.batch,
    meanLength: spec.time,
    observationWeight: OBSERVATION_WEIGHT,
  });
  const start = await store.save();
  const { value: program, cost } = withCost(device, () => trainer.program(spec.time));
  const compiling = performance.now();
  await trainer.ready(spec.time);
  const compileMs = performance.now() - compiling;
  const run = (): void => trainer.step(batch, learningRate);
  run();
  await device.finish();
  return {
    ...programFigures(device, program, cost),
    compileMs,
    start,
    firstMs: performance.now() - from,
    gradient: async () => store.unpack((await store.gradients.read()) as Float32Array),
    run,
    finish: () => device.finish(),
    outputs: async () => {
      const { actionNll, observationNll } = await trainer.metrics();
      return [[actionNll + OBSERVATION_WEIGHT * observationNll]];
    },
    dispose: () => {
      trainer.dispose();
      optimiser.dispose();
      model.dispose();
      store.dispose();
    },
  };
}
