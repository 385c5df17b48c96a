/** What a page does with the shipped model, and Node too: loads it, plays steered episodes, trains it a step. */
import { GridTrajectories, GridworldPinpad, generateExpertEpisodes } from '../../packages/envs/src/index.js';
import { Metacontroller } from '../../packages/metacontroller/src/index.js';
import { CodeController, RandomCodes, Rollout } from '../../packages/rl/src/index.js';
import {
  AdamW,
  asFloat32,
  type Device,
  GATE_MODE,
  HostRandom,
  noGrad,
  ParameterStore,
  readSafetensors,
} from '../../packages/tensor/src/index.js';
import { Pretrainer, type SequenceBatch, spaceTensors, Transformer, writeValues } from '../../packages/transformer/src/index.js';

/** A folder of a trained model. */
export interface ModelFiles {
  readonly config: {
    readonly world: { size: number; colours: number; walls: number; tasks: string[]; horizon: number };
    readonly model: { width: number; depth: number; heads: number; mlp: number; buckets: number; maxDistance: number };
    readonly metacontroller?: Record<'layer' | 'code' | 'history' | 'sequence' | 'encoder' | 'switch' | 'decoder' | 'rank', number> & {
      pooled: boolean;
      switchBias: number;
    };
  };
  readonly weights: Uint8Array;
}

export interface Work {
  /** The adapter in words, and the family of its kernels. */
  readonly adapter: string;
  readonly family: string;
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

/** All of it. The controller's weights are read without its statistics of codes, and without earlier stages. */
export async function work(device: Device, base: ModelFiles, found: ModelFiles): Promise<Work> {
  const world = worldOf(base);
  const frozen = baseModel(device, base, world, false);
  const batch = expertBatch(base, world);
  const nll = await nllOf(frozen, batch);
  const { action, open, length, progress } = await steered(frozen, found, world);
  const { training, moved } = await trained(baseModel(device, base, world, true), batch);
  const { description: adapter, traits } = device;
  return { adapter, family: traits.family, nll, action: action[0] as Int32Array, open, length, progress, training, moved };
}

const worldOf = ({ config: { world } }: ModelFiles): GridworldPinpad =>
  new GridworldPinpad({ world, tasks: world.tasks, horizon: world.horizon, environments: PLAYED });

function baseModel(device: Device, { config, weights }: ModelFiles, world: GridworldPinpad, trainable: boolean): Transformer {
  const { width, depth, heads, mlp, buckets, maxDistance } = config.model;
  const store = new ParameterStore(device, trainable);
  const spaces = {
    observation: world.observationSpace,
    action: world.actionSpace,
    predicted: { kind: 'discrete', count: config.world.size ** 2 } as const,
  };
  const model = new Transformer(store, { ...spaces, width, depth, heads, mlp, buckets, maxDistance, initialisation: 'small-output' });
  store.finish(new HostRandom(0));
  store.load(readSafetensors(weights).tensors);
  return model;
}

function expertBatch({ config: { world } }: ModelFiles, { observationSpace }: GridworldPinpad): SequenceBatch {
  const tasks = world.tasks.map((task) => [...task].map(Number));
  const episodes = generateExpertEpisodes({ world, tasks, epsilon: 0, horizon: world.horizon, count: EPISODES, seed: 3 });
  const data = new GridTrajectories(observationSpace, episodes);
  const index = Uint32Array.from({ length: EPISODES }, (_, i) => i);
  const time = Math.max(...data.length);
  const mask = Float32Array.from({ length: EPISODES * time }, (_, i) => (i % time < data.length[Math.floor(i / time)] ? 1 : 0));
  // One observation more than actions: the model acts on all but the last.
  const seen = data.observe(index, time);
  const slots = seen.length / (EPISODES * (time + 1));
  const observation = Int32Array.from({ length: EPISODES * time * slots }, (_, i) => seen[i + Math.floor(i / (time * slots)) * slots]);
  const [action, predicted] = [data.actions(index, time), data.predicted(index, time)];
  return { batch: EPISODES, time, observation: [observation], action: [action], predicted: [predicted], mask };
}

function nllOf(model: Transformer, { batch, time, observation, action }: SequenceBatch): Promise<Float32Array> {
  const { device, config } = model;
  return noGrad(() => {
    const [seen, done] = [spaceTensors(device, config.observation, batch * time), spaceTensors(device, config.action, batch * time)];
    writeValues(seen, observation);
    writeValues(done, action);
    return model.action(model.blocks(model.embed(seen), { batch, time })).nll(done);
  }).read() as Promise<Float32Array>;
}

/** Episodes under codes at random, each held until the switch opens. */
function steered(model: Transformer, { config, weights }: ModelFiles, environment: GridworldPinpad) {
  if (!config.metacontroller) throw new Error('no metacontroller in the configuration');
  const { layer, code: latent, sequence: embedding, ...sizes } = config.metacontroller;
  const { device } = model;
  const { tensors } = readSafetensors(weights);
  const named = (name: string): Float32Array => asFloat32(tensors.get(`codes.${name}`) as never);
  const store = new ParameterStore(device, false);
  const metacontroller = new Metacontroller(store, { ...sizes, latent, embedding, width: config.model.width });
  store.finish(new HostRandom(0));
  store.load(new Map([...tensors].filter(([name]) => !/^(codes|stages)\./.test(name))));
  const source = new RandomCodes(device, { mean: named('mean'), std: named('std') });
  const controller = new CodeController({ metacontroller, layer, source, episodes: PLAYED, gate: { mode: GATE_MODE.hard } });
  return new Rollout({ model, environment, controller, seed: 5 }).run(0);
}

async function trained(model: Transformer, batch: SequenceBatch): Promise<Pick<Work, 'training' | 'moved'>> {
  const { store } = model;
  const before = (await store.flat.read()) as Float32Array;
  const steps = batch.mask.reduce((sum, one) => sum + one, 0);
  const settings = { batch: batch.batch, meanLength: steps / batch.batch, observationWeight: 0.01 };
  const trainer = new Pretrainer(model, store, new AdamW(store, { clip: 1 }), settings);
  trainer.step(batch, LEARNING_RATE);
  const { actionNll, observationNll, gradientNorm } = await trainer.metrics();
  const after = (await store.flat.read()) as Float32Array;
  return { training: Float32Array.of(actionNll, observationNll, gradientNorm), moved: after.map((value, i) => value - before[i]) };
}
