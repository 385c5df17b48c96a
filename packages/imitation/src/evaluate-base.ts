/** What a base model is worth: its loss on held-out episodes, and how its own behaviour keeps to the training tasks. */

import { arraysOf, fromLeaves, type LeafValues } from '@coxswain/base';
import { gather, obeysTransitions, sequenceBatch, type Trajectories } from '@coxswain/envs';
import { type Base, batchNll, byLength, type Config, WORLD_SEED } from '@coxswain/lab';
import { noGrad, RandomState } from '@coxswain/tensor';
import { numbered, spaceTensors, writeValues } from '@coxswain/transformer';

export interface BaseEvaluation {
  /** Nats per action on the held-out episodes. */
  readonly actionNll: number;
  /**
   * Share of sampled episodes whose first visits obey the transitions of the training tasks; `null` in a world without
   * events.
   */
  readonly obeyed: number | null;
}

/** Visits of a sampled episode that are looked at: as many as a training task has. */
const longestTask = ({ world }: Base): number => Math.max(...world.tasks.map(({ events }) => events.length));

export async function evaluateBase(base: Base, config: Config, seed: number, heldOut: Trajectories): Promise<BaseEvaluation> {
  return { actionNll: await actionNll(base, heldOut), obeyed: await obeyed(base, config, seed) };
}

async function actionNll(base: Base, episodes: Trajectories): Promise<number> {
  let [total, steps] = [0, 0];
  for (const index of byLength(episodes)) {
    using _scope = base.store.device.scope();
    const batch = sequenceBatch(gather(episodes, index));
    const count = batch.mask.reduce((a, b) => a + b, 0);
    total += (await batchNll(base, batch)) * count;
    steps += count;
  }
  return total / steps;
}

/** Samples free-running episodes of the model's own behaviour and looks at what they reach first. */
async function obeyed(base: Base, config: Config, seed: number): Promise<number | null> {
  const { model, store, world } = base;
  const { events } = world.spaces;
  if (events.length === 0) return null;
  const { device } = store;
  const environments = config.pretrain.evaluationEpisodes;
  const { horizon } = config.world;
  const played = world.open('free', horizon, environments);
  let { observation } = played.reset(WORLD_SEED.behaviour + seed, { firstEpisode: 0 });
  const colour = new Int16Array(environments * horizon).fill(-1);
  const count = new Uint16Array(environments);
  using _scope = device.scope();
  const memory = model.memory(environments, horizon);
  using random = new RandomState(device, seed);
  const seen = spaceTensors(device, model.config.observation, environments);
  const program = device.capture(() =>
    noGrad(() => {
      const action = model.action(model.stepBlocks(model.embed(seen), memory));
      return numbered('action', action.sample(random, 0));
    }),
  );
  for (let t = 0; t < horizon; t++) {
    writeValues(seen, arraysOf(model.config.observation, observation));
    memory.at(t);
    random.write(t);
    const actions = (await device.read(Object.values(program.outputs), [program])) as LeafValues[];
    const step = played.step(fromLeaves(played.actionSpace, actions));
    ({ observation } = step);
    for (let i = 0; i < environments; i++) {
      const event = step.info.event?.[i] ?? -1;
      if (event >= 0) colour[i * horizon + count[i]++] = event;
    }
  }
  program.dispose();
  memory.dispose();
  const tasks = world.tasks.map((task) => task.events);
  return obeysTransitions({ colour, count, steps: horizon }, tasks, events.length, longestTask(base)).obeying;
}
