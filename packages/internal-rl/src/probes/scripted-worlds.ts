/** Worlds that play themselves: what RL costs depends on how long episodes last, and here that is known beforehand. */
import { fromLeaves, leafArrays, type Space } from '@coxswain/base';
import type { Reset, Step, World } from '@coxswain/envs';
import { type Config, demonstrationsOf, worldOf } from '@coxswain/lab';
import type { Episodes } from '@coxswain/rl';
import { GATE_MODE } from '@coxswain/tensor';
import { methodOf } from '../phases/methods.js';

/**
 * Decisions of a policy that has learned: one a colour, as far apart as the others (a code was held for 3.5 steps of an
 * episode's 14.4: `switch/segment_length` of the runs in docs/notes/success.md). With the gate always open, one a step.
 * @returns [count·horizon] 1 where one is made.
 */
export function scriptedDecisions(config: Config, { count, horizon, length }: Episodes): Uint8Array {
  const made = new Uint8Array(count * horizon);
  const colours = worldOf(config).task(config.reinforce.task).events.length;
  const open = methodOf(config).actingGate === GATE_MODE.open;
  length.forEach((steps, n) => {
    const decisions = open ? steps : Math.min(steps, colours);
    for (let i = 0; i < decisions; i++) made[n * horizon + Math.floor((i * steps) / decisions)] = 1;
  });
  return made;
}

/**
 * One episode in so many goes astray and is cut by the horizon; a policy that has learned loses 4 % so
 * (docs/notes/success.md).
 */
const ASTRAY = 20;

/**
 * Worlds whose episodes last as long as an expert's on the task that RL learns, whatever is done in them, and every
 * second of which is rewarded. Nothing is to be seen in them.
 */
export class ScriptedWorlds implements World {
  readonly horizon: number;
  readonly observationSpace: Space;
  readonly actionSpace: Space;
  readonly #lengths: Uint16Array;
  readonly #observation: Reset['observation'];
  #steps = 0;

  /** @throws EnvError where the expert cannot keep the horizon. */
  constructor(
    config: Config,
    readonly environments: number,
  ) {
    const { task, horizon } = config.reinforce;
    this.horizon = horizon;
    const world = worldOf(config);
    const { observation, action } = world.spaces;
    this.observationSpace = observation;
    this.actionSpace = action;
    this.#observation = fromLeaves(observation, leafArrays(observation, environments));
    const { length } = demonstrationsOf(config, { tasks: [world.task(task)], horizon, count: environments, seed: 0, noise: 0 });
    this.#lengths = length.map((steps, i) => (i % ASTRAY === 0 ? horizon : steps));
  }

  reset() {
    this.#steps = 0;
    return { observation: this.#observation, info: {} };
  }

  /** Steps of all episodes together. */
  get timeSteps(): number {
    return this.#lengths.reduce((sum, steps) => sum + steps, 0);
  }

  /** Of all positions of the caches, the share that the steps of all episodes look back on. */
  get lookedBack(): number {
    const pairs = this.#lengths.reduce((sum, steps) => sum + (steps * (steps + 1)) / 2, 0);
    return pairs / (this.timeSteps * this.horizon);
  }

  step(): Step {
    this.#steps++;
    const over = Uint8Array.from(this.#lengths, (length) => (length <= this.#steps ? 1 : 0));
    const reward = Float32Array.from(this.#lengths, (length, i) => (length === this.#steps && i % 2 === 1 ? 1 : 0));
    return { observation: this.#observation, info: {}, reward, terminated: over, truncated: over };
  }
}
