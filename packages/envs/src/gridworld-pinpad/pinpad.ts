import { CounterRandom, type DiscreteSpace } from '@coxswain/base';
import { EnvError, LONGEST_HORIZON, requireEnvironment, requireInteger, requireLength } from '../errors.js';
import { WORLD_STREAM } from '../streams.js';
import type { World } from '../world.js';
import { type GridSize, LayoutSampler } from './layout.js';
import { egocentric, type GridObservation } from './observation.js';
import { checkState, packState, unpackState } from './state.js';
import { type ColourSequence, parseTask } from './tasks.js';

export type PinpadSettings = {
  readonly world: GridSize;
  /**
   * Each episode draws one of them, uniformly. `'free'` has no task: nothing ends an episode but the horizon, and
   * reward is 0.
   */
  readonly tasks: readonly ColourSequence[] | 'free';
  /** T: steps after which an episode is truncated. */
  readonly horizon: number;
  /** N: environments stepped together. */
  readonly environments: number;
  /** What is shown; the egocentric window by default. */
  readonly observation?: GridObservation;
};

/**
 * Of each environment, `[N]`. All arrays belong to the environment and are overwritten by the next `reset` or `step`.
 */
export type PinpadInfo = {
  /** The agent's cell. */
  readonly position: Int32Array;
  /** The same, as worlds call it. */
  readonly place: Int32Array;
  /** 1 where the step just taken counted: the episode was still running when it began. All 1 after `reset`. */
  readonly mask: Uint8Array;
  /** The colour visited by the step just taken, −1 for none. */
  readonly visited: Int16Array;
  /** The same, as worlds call it. */
  readonly event: Int16Array;
  /** Colours visited in the right order so far. */
  readonly progress: Uint16Array;
  /** Steps taken so far. */
  readonly length: Uint16Array;
  /** 1 once the last colour of the task has been visited. */
  readonly success: Uint8Array;
  /** The number of the task within the list; hidden from the observation. */
  readonly task: Uint16Array;
};

/** Arrays belong to the environment and are overwritten by the next `reset` or `step`: copy what has to be kept. */
export type PinpadStep = {
  /** `[N, K]` indices into an embedding table, see `GridObservation`. */
  readonly observation: Int32Array;
  /** `[N]` reward of this step: 1 where it finished the task. */
  readonly reward: Float32Array;
  /** `[N]` 1 from the step on that finished the task or visited a colour out of order. */
  readonly terminated: Uint8Array;
  /** `[N]` 1 from step T on where the episode had not terminated. */
  readonly truncated: Uint8Array;
  readonly info: PinpadInfo;
};

export type PinpadResetOptions = {
  /** Environment `j` plays episode `firstEpisode + j` of the seed. */
  readonly firstEpisode?: number;
  /** Layouts `[N, cells]` and the agents' cells `[N]`, in place of random ones. */
  readonly start?: { readonly layout: Uint8Array; readonly position: ArrayLike<number> };
};

/**
 * gridworld-pinpad (arXiv 2512.20605, environments), vectorised on the CPU: `G`×`G` cells, `O` coloured cells, `W`
 * walls and the agent, all placed at random without overlap and with every colour in reach. Moves 0 … 3 are up, down,
 * left, right; into a wall or the edge is a no-op. A coloured cell is *visited* when it is entered from another cell.
 * The task is a sequence of colours: reward 1 when the last one is visited; a colour visited out of order ends the
 * episode; so do T steps.
 *
 * A Gymnasium vector environment with autoreset **disabled** and a fixed horizon: an environment whose episode is over
 * stays where it is, ignores its actions, gets reward 0 and `info.mask` 0, and keeps its `terminated` and `truncated`,
 * until `reset`. Episode `i` of a seed is the same whatever the number of environments.
 */
export class GridworldPinpad implements World<GridObservation, DiscreteSpace> {
  static readonly autoresetMode = 'disabled';
  readonly world: GridSize;
  readonly horizon: number;
  readonly environments: number;
  readonly observationSpace: GridObservation;
  readonly actionSpace = { kind: 'discrete', count: 4 } as const;
  readonly name = 'gridworld-pinpad';
  /** `[N, cells]`: 0 empty, 1 … O colours, O+1 a wall. */
  readonly layout: Uint8Array;

  private readonly tasks: readonly Uint8Array[] | null;
  private readonly sampler: LayoutSampler;
  private readonly cells: number;
  private readonly result: PinpadStep;
  private random: CounterRandom | null = null;
  private nextEpisode = 0;
  private running = 0;

  /** @throws EnvError where the world, a task or a setting cannot be. */
  constructor({ world, tasks, horizon, environments, observation }: PinpadSettings) {
    requireInteger('horizon', horizon, 1, LONGEST_HORIZON);
    requireInteger('environments', environments, 1);
    this.sampler = new LayoutSampler(world);
    if (tasks !== 'free' && tasks.length === 0) {
      throw new EnvError('bad-task', 'the list of tasks is empty', 'at least one task', "pass tasks, or 'free' for a world without one");
    }
    this.tasks = tasks === 'free' ? null : tasks.map((task) => parseTask(task, world.colours));
    this.world = world;
    this.horizon = horizon;
    this.environments = environments;
    this.observationSpace = observation ?? egocentric(world);
    this.cells = this.sampler.cells;
    this.layout = new Uint8Array(environments * this.cells);
    const visited = new Int16Array(environments);
    const position = new Int32Array(environments);
    this.result = {
      observation: new Int32Array(environments * this.observationSpace.slots),
      reward: new Float32Array(environments),
      terminated: new Uint8Array(environments),
      truncated: new Uint8Array(environments),
      info: {
        position,
        place: position,
        mask: new Uint8Array(environments),
        visited,
        event: visited,
        progress: new Uint16Array(environments),
        length: new Uint16Array(environments),
        success: new Uint8Array(environments),
        task: new Uint16Array(environments),
      },
    };
  }

  /** Environments whose episode is not over. */
  get live(): number {
    return this.running;
  }

  /**
   * Begins N episodes: the first N of `seed`, or, without a seed, the N that follow those of the last `reset`.
   * @throws EnvError `bad-seed`, `bad-shape`, `bad-cell`, or `not-reset` where the first call has no seed.
   */
  reset(seed?: number, options: PinpadResetOptions = {}): Pick<PinpadStep, 'observation' | 'info'> {
    if (seed !== undefined) {
      this.random = new CounterRandom(seed);
      this.nextEpisode = 0;
    }
    const random = this.random;
    if (!random) throw new EnvError('not-reset', 'reset() without a seed', 'a seed the first time', 'call reset(seed)');
    const first = options.firstEpisode ?? this.nextEpisode;
    requireInteger('firstEpisode', first, 0);
    this.nextEpisode = first + this.environments;

    const { info, reward, terminated, truncated } = this.result;
    const { start } = options;
    if (start) {
      requireLength('start.layout', start.layout.length, this.layout.length);
      requireLength('start.position', start.position.length, this.environments);
      this.layout.set(start.layout);
      info.position.set(start.position);
    }
    for (let i = 0; i < this.environments; i++) {
      const row = this.layout.subarray(i * this.cells, (i + 1) * this.cells);
      if (start) this.checkStart(i, row);
      else {
        random.seek(WORLD_STREAM.layout, first + i);
        info.position[i] = this.sampler.sample(random, row);
      }
      random.seek(WORLD_STREAM.task, first + i);
      info.task[i] = this.tasks ? random.below(this.tasks.length) : 0;
    }
    info.mask.fill(1);
    info.visited.fill(-1);
    for (const counter of [info.progress, info.length, info.success, reward, terminated, truncated]) counter.fill(0);
    this.running = this.environments;
    this.observe();
    return this.result;
  }

  /**
   * One step of every environment.
   * @param actions `[N]`, each 0 … 3 (up, down, left, right).
   * @throws EnvError `bad-action`, `bad-shape`, or `not-reset`.
   */
  step(actions: Int32Array): PinpadStep;
  step(actions: ArrayLike<number>): PinpadStep;
  step(actions: ArrayLike<number>): PinpadStep {
    if (!this.random) throw new EnvError('not-reset', 'step() before reset()', 'a running episode', 'call reset(seed) first');
    requireLength('actions', actions.length, this.environments);
    const { info, reward, terminated, truncated } = this.result;
    const { cells, tasks, layout } = this;
    const neighbours = this.sampler.neighbours;
    const wall = this.world.colours + 1;
    for (let i = 0; i < this.environments; i++) {
      reward[i] = 0;
      info.visited[i] = -1;
      info.mask[i] = terminated[i] | truncated[i] ? 0 : 1;
      if (!info.mask[i]) continue;
      const action = actions[i];
      if (action !== 0 && action !== 1 && action !== 2 && action !== 3) {
        throw new EnvError('bad-action', `action ${action} of environment ${i}`, '0, 1, 2 or 3 (up, down, left, right)', 'correct it');
      }
      const from = info.position[i];
      let to = neighbours[from * 4 + action];
      if (layout[i * cells + to] === wall) to = from;
      info.position[i] = to;
      info.length[i]++;
      const content = layout[i * cells + to];
      if (to !== from && content > 0) {
        info.visited[i] = content - 1;
        if (tasks) {
          const task = tasks[info.task[i]];
          if (content - 1 !== task[info.progress[i]]) terminated[i] = 1;
          else if (++info.progress[i] === task.length) {
            terminated[i] = 1;
            info.success[i] = 1;
            reward[i] = 1;
          }
        }
      }
      if (!terminated[i] && info.length[i] >= this.horizon) truncated[i] = 1;
      if (terminated[i] | truncated[i]) this.running--;
    }
    this.observe();
    return this.result;
  }

  /** @throws EnvError `not-reset`, or `bad-argument` for an environment that is not there. */
  snapshot(environment: number): Uint8Array {
    if (!this.random) throw new EnvError('not-reset', 'snapshot() before reset()', 'a running episode', 'call reset(seed) first');
    requireEnvironment(environment, this.environments);
    return packState(this.cells, this.layout, this.result, environment);
  }

  /**
   * @throws EnvError `not-reset`, or `bad-argument` for an environment that is not there or a state that is none of
   * such a world.
   */
  restore(state: Uint8Array, environments: ArrayLike<number>): Pick<PinpadStep, 'observation' | 'info'> {
    if (!this.random) throw new EnvError('not-reset', 'restore() before reset()', 'worlds that have begun', 'call reset(seed) first');
    const limits = { cells: this.cells, highest: this.world.colours + 1, tasks: this.tasks?.length ?? 1 };
    checkState(state, limits);
    const { terminated, truncated } = this.result;
    for (let k = 0; k < environments.length; k++) {
      const i = environments[k];
      requireEnvironment(i, this.environments);
      this.running -= terminated[i] | truncated[i] ? 0 : 1;
      unpackState(state, this.cells, this.layout, this.result, i);
      this.running += terminated[i] | truncated[i] ? 0 : 1;
      this.show(i);
    }
    return this.result;
  }

  private observe(): void {
    for (let i = 0; i < this.environments; i++) if (this.result.info.mask[i]) this.show(i);
  }

  private show(environment: number): void {
    const { observation, info } = this.result;
    const space = this.observationSpace;
    space.write(this.layout, environment * this.cells, info.position[environment], observation, environment * space.slots);
  }

  private checkStart(environment: number, row: Uint8Array): void {
    const wall = this.world.colours + 1;
    const cell = this.result.info.position[environment];
    if (!(cell >= 0 && cell < this.cells) || row[cell] === wall) {
      throw new EnvError(
        'bad-cell',
        `the agent of environment ${environment} begins in cell ${cell}`,
        `a cell from 0 to ${this.cells - 1} without a wall`,
        'correct start.position or start.layout',
      );
    }
    const stranger = row.find((content) => content > wall);
    if (stranger !== undefined) {
      throw new EnvError('bad-cell', `a cell of environment ${environment} holds ${stranger}`, `0 to ${wall}`, 'correct start.layout');
    }
  }
}
