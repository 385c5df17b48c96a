/**
 * The whole method on a world of your own (arXiv 2512.20605): pretrain a sequence model on experts, discover skills in
 * its residual stream, reinforce over skills. Discovery is given the moments at which a key was pressed, not which.
 *
 *     npm run example:method
 */
import { fileURLToPath } from 'node:url';
import { batchesOf, configureWorld, episodeBatch, eventSteps, meanLength, sequenceBatch, worldKit } from '@coxswain/envs';
import { DiscoveryTrainer, Metacontroller } from '@coxswain/metacontroller';
import { evaluate, INTERNAL_SETTINGS, internalRl, Policy, Rollout } from '@coxswain/rl';
import { AdamW, type Device, GATE_MODE, ParameterStore } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { Pretrainer, Transformer } from '@coxswain/transformer';
import keyboard from './keyboard.js';

const world = configureWorld([keyboard(worldKit)]);
const [width, latent, layer, batch, count] = [32, 8, 1, 64, 4000];
const MODEL = { width, depth: 2, heads: 4, mlp: 64, buckets: 16, maxDistance: 32, initialisation: 'small-output' } as const;
const SIZES = { history: 32, embedding: 32, encoder: 64, switch: 64, decoder: 32, rank: 16, pooled: true, switchBias: -2 };

/** Tells the success on the task 012, neither of whose transitions an expert shows. */
export async function wholeMethod(device: Device, seed: number, tell: (of: string, success: number) => void): Promise<void> {
  const { task, horizon } = world.defaults.reward;
  const environment = world.open(world.task(task), horizon, 256);
  const model = new Transformer(new ParameterStore(device), { ...world.spaces, ...MODEL });
  model.store.finish(seed);
  const success = async () => (await evaluate(new Rollout({ model, environment, seed }), 4096)).success;
  tell('an untrained model', await success());

  const noisy = world.demonstrate({ count, seed, noise: 0.1 });
  const sequences = batchesOf(noisy, { size: batch, seed, roundTo: 4 });
  const ofPretraining = { batch, meanLength: meanLength(noisy), observationWeight: 0 };
  const pretrainer = new Pretrainer(model, model.store, new AdamW(model.store, { clip: 1 }), ofPretraining);
  for (let step = 0; step < 400; step++) pretrainer.step(sequenceBatch(sequences.batch(step)), 3e-3);
  tell('the pretrained model', await success());

  const metacontroller = new Metacontroller(new ParameterStore(device), { width, latent, ...SIZES });
  metacontroller.store.finish(seed);
  const clean = world.demonstrate({ count, seed: seed + 1000 });
  const episodes = batchesOf(clean, { size: batch, seed, roundTo: 4 });
  const moments = (step: number) => ({ ...episodeBatch(episodes.batch(step)), viewSteps: eventSteps(episodes.batch(step)) });
  const ofDiscovery = { batch, meanLength: meanLength(clean), layer, embedderLayer: layer, view: 'touches', seed } as const;
  const discoverer = new DiscoveryTrainer(model, metacontroller, new AdamW(metacontroller.store, { clip: 1 }), ofDiscovery);
  const soft = { learningRate: 4e-3, alpha: 3e-3, gate: { mode: GATE_MODE.soft } };
  for (let step = 0; step < 800; step++) discoverer.step(moments(step), { step, ...soft });

  const gate = { mode: GATE_MODE.hard };
  const codes = await discoverer.codes(moments(800), { step: 800, gate });
  const policy = new Policy(new ParameterStore(device), { width, latent, history: 32, head: 64 }, codes);
  policy.store.finish(seed);
  const settings = { ...INTERNAL_SETTINGS, learningRate: 1e-2 };
  const learner = internalRl({ model, metacontroller, gate, policy, environment, layer, settings, seed });
  for (let update = 0; update <= 40; update++) tell(`skills, after ${update} updates`, (await learner.update()).metrics.reward);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const device = await requestDevice();
  await wholeMethod(device, Number(process.argv[2] ?? 1), (of, success) => console.log(`${of}: ${success.toFixed(3)}`));
  device.close();
}
