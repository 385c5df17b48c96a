/**
 * A world of your own: a corridor with a lamp that shows which end to go to. A new sequence model learns it from reward
 * alone.
 *
 *     npm run example:world
 */
import { fileURLToPath } from 'node:url';
import {
  CounterRandom,
  type DiscreteSpace,
  discreteSpace,
  type Reset,
  type RowsSpace,
  rowsSpace,
  type Step,
  type World,
} from '@coxswain/envs';
import { RAW_SETTINGS, rawRl } from '@coxswain/rl';
import { type Device, ParameterStore } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { Transformer } from '@coxswain/transformer';

const CELLS = 7;

/**
 * Moves are 0 left, 1 right. An episode ends at either end, with reward 1 at the one that the lamp shows, or after
 * `horizon` steps.
 */
export class Corridor implements World<RowsSpace, DiscreteSpace> {
  readonly horizon = 12;
  /** An observation is two rows of the model's embedding: the cell and the lamp. */
  readonly observationSpace = rowsSpace(CELLS + 2, 2);
  readonly actionSpace = discreteSpace(2);
  #episodes: { cell: number; lamp: number; steps: number }[] = [];

  constructor(readonly environments: number) {}

  /** An episode is a function of the seed and of its number alone, so that runs can be repeated and resumed. */
  reset(seed: number, { firstEpisode }: { firstEpisode: number }): Reset<RowsSpace> {
    const random = new CounterRandom(seed);
    this.#episodes = Array.from({ length: this.environments }, (_, i) => {
      random.seek(0, firstEpisode + i);
      return { cell: 1 + random.below(CELLS - 2), lamp: random.below(2), steps: 0 };
    });
    return this.#result(() => 0);
  }

  /** Episodes that are over stay as they are, without reward. */
  step(actions: Int32Array): Step<RowsSpace> {
    const running = this.#episodes.map(({ cell, steps }) => cell > 0 && cell < CELLS - 1 && steps < this.horizon);
    for (const [i, episode] of this.#episodes.entries()) {
      if (!running[i]) continue;
      episode.cell += actions[i] === 1 ? 1 : -1;
      episode.steps++;
    }
    return this.#result(({ cell, lamp }, i) => (running[i] && cell === lamp * (CELLS - 1) ? 1 : 0));
  }

  #result(rewardOf: (episode: { cell: number; lamp: number }, i: number) => number): Step<RowsSpace> {
    const atEnd = ({ cell }: { cell: number }) => cell === 0 || cell === CELLS - 1;
    return {
      observation: Int32Array.from(this.#episodes.flatMap(({ cell, lamp }) => [cell, CELLS + lamp])),
      reward: this.#episodes.map(rewardOf),
      terminated: this.#episodes.map((episode) => Number(atEnd(episode))),
      truncated: this.#episodes.map((episode) => Number(!atEnd(episode) && episode.steps >= this.horizon)),
      info: {},
    };
  }
}

/** Mean reward of each update: chance is near one half, all there is to have is one. */
export async function learn(device: Device, updates: number): Promise<number[]> {
  const environment = new Corridor(64);
  const spaces = { observation: environment.observationSpace, action: environment.actionSpace };
  const sizes = { width: 32, depth: 2, heads: 2, mlp: 64, buckets: 8, maxDistance: 16 };
  const model = new Transformer(new ParameterStore(device), { ...spaces, ...sizes, initialisation: 'small-output' });
  model.store.finish(1);
  const learner = rawRl({ model, environment, settings: { ...RAW_SETTINGS, learningRate: 3e-3 }, seed: 1 });
  const reward: number[] = [];
  for (let i = 0; i < updates; i++) reward.push((await learner.update()).metrics.reward);
  learner.dispose();
  return reward;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const device = await requestDevice();
  for (const [update, reward] of (await learn(device, 10)).entries()) console.log(`update ${update}: mean reward ${reward.toFixed(2)}`);
  device.close();
}
