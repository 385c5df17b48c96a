/** Worlds that play themselves: what RL costs depends on how long episodes last, and here that is known beforehand. */
import { generateExpertEpisodes } from '@coxswain/envs';
import type { Step, VectorEnvironment } from '@coxswain/rl';
import { worldOf } from '../phases/world.js';
import type { Config } from '../settings/sections.js';

/** One episode in so many goes astray and is cut by the horizon; a policy that has learned loses 4 % so (docs/notes/success.md). */
const ASTRAY = 20;

/**
 * Worlds whose episodes last as long as an expert's on the task that RL learns, whatever is done in them, and every second of which
 * is rewarded. Nothing is to be seen in them.
 * @param slots of an observation.
 */
export class ScriptedWorlds implements VectorEnvironment {
  readonly horizon: number;
  readonly observationSpace: { readonly slots: number };
  readonly #lengths: Uint16Array;
  readonly #observation: Int32Array;
  #steps = 0;

  /** @throws EnvError where the expert cannot keep the horizon. */
  constructor(
    config: Config,
    readonly environments: number,
    slots: number,
  ) {
    const { task, horizon } = config.reinforce;
    this.horizon = horizon;
    this.observationSpace = { slots };
    this.#observation = new Int32Array(environments * slots);
    const { length } = generateExpertEpisodes({ world: worldOf(config), tasks: [task], epsilon: 0, horizon, count: environments, seed: 0 });
    this.#lengths = length.map((steps, i) => (i % ASTRAY === 0 ? horizon : steps));
  }

  reset() {
    this.#steps = 0;
    return { observation: this.#observation, info: {} };
  }

  step(): Step {
    this.#steps++;
    const over = Uint8Array.from(this.#lengths, (length) => (length <= this.#steps ? 1 : 0));
    const reward = Float32Array.from(this.#lengths, (length, i) => (length === this.#steps && i % 2 === 1 ? 1 : 0));
    return { observation: this.#observation, info: {}, reward, terminated: over, truncated: over };
  }
}
