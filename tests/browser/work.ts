/** What a page does with the shipped model, and Node too: loads it, plays steered episodes, trains it a step. */
import { arraysOf } from '../../packages/base/src/index.js';
import { type ConfiguredWorld, resultOf } from '../../packages/envs/src/index.js';
import { type LoadedController, loadMetacontroller } from '../../packages/metacontroller/src/index.js';
import type { Shipped } from '../../packages/models/src/index.js';
import { CodeController, RandomCodes, Rollout } from '../../packages/rl/src/index.js';
import { AdamW, type Device, type DownloadProgress, GATE_MODE, noGrad } from '../../packages/tensor/src/index.js';
import {
  type LoadedModel,
  loadModel,
  Pretrainer,
  type SequenceBatch,
  type SequenceModel,
  spaceTensors,
  writeValues,
} from '../../packages/transformer/src/index.js';

export interface Work {
  /** The adapter in words, and the family of its kernels. */
  readonly adapter: string;
  readonly family: string;
  /** Bytes of the sequence model's weights that came in the end, and those that were to come. */
  readonly fetched: DownloadProgress;
  /** Nats of each of the expert's actions, [episodes · steps]. */
  readonly nll: Float32Array;
  /** Of the steered episodes: actions, where the switch opened, steps and progress. */
  readonly action: Int32Array;
  readonly open: Uint8Array;
  readonly length: Uint16Array;
  readonly progress: Float32Array;
  /** Of the update: nats an action, nats an observation, the gradient's norm. */
  readonly training: Float32Array;
  /** How far the update moved each parameter. */
  readonly moved: Float32Array;
}

const EPISODES = 16;
const PLAYED = 32;
const LEARNING_RATE = 1e-3;

/** All of it. Weights are fetched from where the models say that they are. */
export async function work(device: Device, shipped: Shipped): Promise<Work> {
  const { world, horizon, base, controller } = shipped;
  let fetched: DownloadProgress = { loaded: 0 };
  const onProgress = (progress: DownloadProgress): void => {
    fetched = progress;
  };
  const { model } = await loadModel(device, { ...base, onProgress });
  const batch = expertBatch(world, horizon);
  const nll = await nllOf(model, batch);
  const { action, open, length, progress } = await steered(model, await loadMetacontroller(device, controller), shipped);
  const { training, moved } = await trained(await loadModel(device, { ...base, trainable: true }), batch);
  const { description: adapter, traits } = device;
  return { adapter, family: traits.family, fetched, nll, action: action[0] as Int32Array, open, length, progress, training, moved };
}

function expertBatch({ definition, settings, spaces, tasks }: ConfiguredWorld, horizon: number): SequenceBatch {
  if (!definition.demonstrations || !spaces.predicted) throw new Error('no expert');
  const data = resultOf(definition.demonstrations(settings, { tasks, horizon, count: EPISODES, seed: 3, noise: 0 }));
  const index = Uint32Array.from({ length: EPISODES }, (_, i) => i);
  const time = Math.max(...data.length);
  const mask = Float32Array.from({ length: EPISODES * time }, (_, i) => (i % time < data.length[Math.floor(i / time)] ? 1 : 0));
  return {
    batch: EPISODES,
    time,
    // The model acts on all but the last observation.
    observation: arraysOf(data.observationSpace, data.observe(index, time - 1)),
    action: arraysOf(data.actionSpace, data.actions(index, time)),
    predicted: arraysOf(spaces.predicted, data.predicted?.(index, time)),
    mask,
  };
}

function nllOf(model: SequenceModel, { batch, time, observation, action }: SequenceBatch): Promise<Float32Array> {
  const { device, config } = model;
  return noGrad(() => {
    const [seen, done] = [spaceTensors(device, config.observation, batch * time), spaceTensors(device, config.action, batch * time)];
    writeValues(seen, observation);
    writeValues(done, action);
    return model.action(model.blocks(model.embed(seen), { batch, time })).nll(done);
  }).read() as Promise<Float32Array>;
}

/** Episodes under codes at random, each held until the switch opens. */
function steered(model: SequenceModel, { model: metacontroller, codes }: LoadedController, { world, horizon, controller }: Shipped) {
  if (!codes) throw new Error('no statistics of codes');
  const source = new RandomCodes(model.device, codes);
  const steering = { metacontroller, layer: controller.layer, source, episodes: PLAYED, gate: { mode: GATE_MODE.hard } };
  const environment = world.open(world.tasks[0], horizon, PLAYED);
  return new Rollout({ model, environment, controller: new CodeController(steering), seed: 5 }).run(0);
}

async function trained({ model, store }: LoadedModel, batch: SequenceBatch): Promise<Pick<Work, 'training' | 'moved'>> {
  const before = (await store.flat.read()) as Float32Array;
  const steps = batch.mask.reduce((sum, one) => sum + one, 0);
  const settings = { batch: batch.batch, meanLength: steps / batch.batch, observationWeight: 0.01 };
  const trainer = new Pretrainer(model, store, new AdamW(store, { clip: 1 }), settings);
  trainer.step(batch, LEARNING_RATE);
  const { actionNll, observationNll, gradientNorm } = await trainer.metrics();
  const after = (await store.flat.read()) as Float32Array;
  return { training: Float32Array.of(actionNll, observationNll, gradientNorm), moved: after.map((value, i) => value - before[i]) };
}
