/** What a base model is worth: its loss on held-out episodes, and how its own behaviour keeps to the training tasks. */

import { type Episodes, GridworldPinpad, gatherEpisodes, obeysTransitions, touchedColours } from '@coxswain/envs';
import { crossEntropy, maskedMean, noGrad, philoxCategorical, RandomState } from '@coxswain/tensor';
import type { SequenceBatch } from '@coxswain/transformer';
import type { Config } from '../config.js';
import { gridOf } from '../worlds.js';
import type { Base } from './base.js';
import { byLength } from './held-out-batches.js';
import { sequenceBatch, WORLD_SEED, worldOf } from './world.js';

export interface BaseEvaluation {
  /** Nats per action on the held-out episodes. */
  readonly actionNll: number;
  /** Share of sampled episodes whose first visits obey the transitions of the training tasks. */
  readonly obeyed: number;
}

/** Visits of a sampled episode that are looked at: as many as a training task has. */
const longestTask = ({ world }: Config): number => Math.max(...world.tasks.map((task) => task.length));

export async function evaluateBase(base: Base, config: Config, seed: number, heldOut: Episodes): Promise<BaseEvaluation> {
  return { actionNll: await actionNll(base, heldOut), obeyed: await obeyed(base, config, seed) };
}

/** Nats per action of the base by itself on the steps of a batch that are not masked. */
export function batchNll({ model, store, space }: Base, batch: SequenceBatch): Promise<number> {
  const { device } = store;
  const { batch: size, time, indices, actions, mask } = batch;
  return noGrad(() => {
    const e = model.blocks(model.embed(device.tensor(indices, [size * time, space.slots])), { batch: size, time });
    return maskedMean(crossEntropy(model.actionLogits(e), device.tensor(actions)), device.tensor(mask));
  }).item();
}

async function actionNll(base: Base, episodes: Episodes): Promise<number> {
  let [total, steps] = [0, 0];
  for (const index of byLength(episodes)) {
    using _scope = base.store.device.scope();
    const batch = sequenceBatch(base.space, gatherEpisodes(episodes, index));
    const count = batch.mask.reduce((a, b) => a + b, 0);
    total += (await batchNll(base, batch)) * count;
    steps += count;
  }
  return total / steps;
}

/** Samples free-running episodes of the model's own behaviour and looks at what they visit first. */
async function obeyed({ model, store, space }: Base, config: Config, seed: number): Promise<number> {
  const { device } = store;
  const environments = config.pretrain.evaluationEpisodes;
  const { horizon, tasks } = config.world;
  const { colours } = gridOf(config);
  const world = new GridworldPinpad({ world: worldOf(config), tasks: 'free', horizon, environments, observation: space });
  const { observation, info } = world.reset(WORLD_SEED.behaviour + seed);
  const position = new Int32Array(environments * (horizon + 1));
  const record = (t: number): void => {
    for (let i = 0; i < environments; i++) position[i * (horizon + 1) + t] = info.position[i];
  };
  record(0);
  using _scope = device.scope();
  const memory = model.memory(environments, horizon);
  using random = new RandomState(device, seed);
  const indices = device.tensor(observation, [environments, space.slots]);
  const program = device.capture(() =>
    noGrad(() => ({ actions: philoxCategorical(model.actionLogits(model.stepBlocks(model.embed(indices), memory)), random, 0).index })),
  );
  for (let t = 0; t < horizon; t++) {
    indices.write(observation);
    memory.step.write(Uint32Array.of(t));
    random.write(t);
    const [actions] = await device.read([program.outputs.actions], [program]);
    world.step(actions as unknown as Int32Array);
    record(t + 1);
  }
  program.dispose();
  memory.dispose();
  const length = new Uint16Array(environments).fill(horizon);
  const touched = touchedColours({ layout: world.layout, position, length, steps: horizon }, colours);
  return obeysTransitions(touched, tasks, colours, longestTask(config)).obeying;
}
