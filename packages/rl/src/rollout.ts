import {
  arraysOf,
  describeSpace,
  fromLeaves,
  type LeafSpace,
  type LeafValues,
  leafArrays,
  leafSize,
  leavesOf,
  NONE,
  outOfRange,
  type Space,
} from '@coxswain/base';
import type { World } from '@coxswain/envs';
import { type Device, noGrad, type Program, RandomState, ShapeError, type Tensor, type TensorData } from '@coxswain/tensor';
import { type Memory, numbered, type SequenceModel, spaceTensors, writeValues } from '@coxswain/transformer';
import { CheckedWorld } from './checked-world.js';
import { PLAY_STREAM } from './codes.js';
import type { Controller } from './controller.js';
import type { BatchPart, Episodes } from './episodes.js';

export type RolloutOptions = {
  /** The base model that acts. */
  readonly model: SequenceModel;
  readonly environment: World;
  /** Edits the residual stream; the model acts by itself when absent. */
  readonly controller?: Controller;
  /** Seed of layouts and of everything that is sampled. */
  readonly seed: number;
  /** Keep observations and the log-probabilities of actions, which raw-action RL learns from. */
  readonly recordActions?: boolean;
  /**
   * Temperature at which the model's actions are sampled: its logits are divided by it. 1 by default, the model as it
   * was trained; below it acts more decidedly. Log-probabilities recorded are those of what was sampled from.
   */
  readonly temperature?: number;
  /**
   * Numbers of rows that programs are captured for, rising. A step runs the smallest that holds all running episodes;
   * most episodes end early, and the cost of a step is its rows. By default sixteen sizes up to all.
   */
  readonly rowCounts?: readonly number[];
  /** Which episodes of a batch are played here, where several devices share it; all of them by default. */
  readonly part?: BatchPart;
};

/** Tensors that a batch does not touch, read back together with what it has to read anyway. */
export type Besides = { readonly tensors: readonly Tensor[]; readonly arrived: (data: readonly TensorData[]) => void };

/** Plays batches of episodes: `Rollout`, where the host steps the worlds, or `DeviceRollout`. */
export type Player = {
  run(batch: number, besides?: Besides): Promise<Episodes>;
  /** Plays a step of the last batch again, to look for what went wrong in it; the batch is spoilt by it. */
  replay(): readonly Program[];
  dispose(): void;
};

type StepProgram = {
  /** Outputs: a leaf of the actions each, then whether the switch was open, where there is one. */
  readonly program: Program<Record<string, Tensor>>;
  readonly observation: readonly Tensor[];
  readonly episode: Tensor;
  /** `episode` itself where the whole batch is played here. */
  readonly owner: Tensor;
  readonly place: Tensor;
  readonly host: { readonly observation: readonly LeafValues[]; readonly episode: Uint32Array; readonly place: Uint32Array };
};

/** The part of an environment that a model and a controller have to fit. */
type Parts = Pick<RolloutOptions, 'model' | 'controller' | 'temperature'> & {
  readonly environment: Pick<World, 'environments' | 'observationSpace' | 'actionSpace'>;
};

/** @throws ShapeError, CoxswainError where model, environment, controller and temperature do not fit together. */
export function checkParts({ model, environment, controller, temperature = 1 }: Parts): void {
  if (!(temperature > 0 && Number.isFinite(temperature)))
    throw outOfRange('temperature', temperature, 'a positive number', 'set it to 1 for the model as it was trained');
  const { depth } = model.config;
  requireSpacesOf({ model, environment });
  if (!controller) return;
  const { layer, episodes } = controller;
  if (!(layer >= 0 && layer <= depth)) throw new ShapeError('rollout', `a controller of layer ${layer}`, `a layer from 0 to ${depth}`);
  if (episodes !== undefined && episodes !== environment.environments)
    throw new ShapeError('rollout', `a controller for ${episodes} episodes`, `${environment.environments}, as are played together`);
}

/** @throws ShapeError where a world's spaces are not those that the model was made for. */
export function requireSpacesOf({ model, environment }: Pick<Parts, 'model' | 'environment'>): void {
  requireSameSpace('observations', environment.observationSpace, model.config.observation, 'as the model reads');
  requireSameSpace('actions', environment.actionSpace, model.config.action, 'as the model gives');
}

function requireSameSpace(what: string, given: Space, expected: Space, why: string): void {
  const [theirs, ours] = [describeSpace(given), describeSpace(expected)];
  if (theirs !== ours) throw new ShapeError('rollout', `${what} of ${theirs}`, `${ours}, ${why}`);
}

/** Copies row i, `size` numbers, to where episode `running[i]` has its own; these lie `apart`, the first at `from`. */
function spread(
  rows: ArrayLike<number>,
  to: LeafValues,
  { running, size, apart, from }: { running: Uint32Array; size: number; apart: number; from: number },
): void {
  for (let row = 0; row < running.length; row++) {
    const at = running[row] * apart + from;
    for (let k = 0; k < size; k++) to[at + k] = rows[row * size + k];
  }
}

/** Sixteen numbers of rows, evenly spaced. */
export function defaultRowCounts(episodes: number): number[] {
  const step = Math.max(8, Math.ceil(episodes / 16 / 8) * 8);
  const counts: number[] = [];
  for (let rows = step; rows < episodes; rows += step) counts.push(rows);
  return [...counts, episodes];
}

/**
 * Plays N episodes together: at every environment step one captured program and one submit with one readback, in which
 * the model reads, a controller edits, and actions are sampled on the device. Everything random is a function of the
 * seed, the batch's number and the step, and belongs to the episode: which others still run changes nothing.
 */
export class Rollout {
  /** [N·horizon, 1]: log-probabilities of the actions, where `recordActions` is set. */
  readonly logProb: Tensor | undefined;
  readonly #device: Device;
  readonly #memory: Memory;
  readonly #random: RandomState;
  readonly #programs = new Map<number, StepProgram>();
  readonly #rowCounts: readonly number[];
  readonly #episodes: Omit<Episodes, 'steps'>;
  readonly #world: CheckedWorld;
  readonly #seen: readonly LeafSpace[];
  readonly #done: readonly LeafSpace[];
  #last: StepProgram | undefined;

  /** @throws ShapeError where model, environment and controller do not fit together. */
  constructor(private readonly options: RolloutOptions) {
    const { model, environment, seed, recordActions } = options;
    const { environments: count, horizon } = environment;
    checkParts(options);
    this.#device = model.device;
    this.#memory = model.memory(count, horizon);
    this.#random = new RandomState(model.device, seed);
    this.#world = new CheckedWorld(environment);
    this.#seen = leavesOf(model.config.observation).map(({ space }) => space);
    this.#done = leavesOf(model.config.action).map(({ space }) => space);
    this.#rowCounts = options.rowCounts ?? defaultRowCounts(count);
    if (recordActions) this.logProb = model.device.zeros([count * horizon, 1]);
    this.#episodes = {
      count,
      horizon,
      reward: new Float32Array(count),
      length: new Uint16Array(count),
      progress: new Float32Array(count),
      action: leafArrays(model.config.action, count * horizon),
      open: new Uint8Array(count * horizon),
      observation: recordActions ? leafArrays(model.config.observation, count * horizon) : [],
    };
  }

  /**
   * Plays batch `batch` of the seed, or its part: episodes `batch·N` to `batch·N + N − 1`.
   * @param besides what else is read back, as it was when the batch began; see `Player`.
   * @throws WorldError for what no world may give: it names the world, the episode and the step.
   */
  async run(batch: number, besides?: Besides): Promise<Episodes> {
    const { controller, seed } = this.options;
    const environment = this.#world;
    const { environments: count, horizon } = environment;
    const { reward, length, progress, action, open } = this.#episodes;
    for (const array of [reward, length, progress, open]) array.fill(0);
    for (const [leaf, array] of action.entries()) array.fill(this.#done[leaf].kind === 'discrete' ? -1 : 0);
    const { before, of } = this.options.part ?? { before: 0, of: count };
    let { observation, info } = environment.reset(seed, { firstEpisode: batch * of + before });
    controller?.begin();
    let running = Uint32Array.from({ length: count }, (_, i) => i);
    let steps = 0;
    const chosen = leafArrays(environment.actionSpace, count);
    for (let t = 0; t < horizon && running.length > 0; t++) {
      controller?.beforeStep?.({ t, progress: info.progress });
      const step = this.#program(running.length);
      await step.program.ready();
      this.#last = step;
      this.#write(step, running, observation, t, batch);
      const { outputs } = step.program;
      const own = Object.values(outputs);
      const more = t === 0 && besides ? besides.tensors : [];
      const read = await this.#device.read([...own, ...more], [step.program]);
      if (more.length > 0) besides?.arrived(read.slice(own.length));
      const opened = own.length > chosen.length ? read[chosen.length] : undefined;
      for (let row = 0; row < running.length; row++) {
        const episode = running[row];
        if (opened) open[episode * horizon + t] = opened[row];
        length[episode] = t + 1;
      }
      for (const [leaf, space] of this.#done.entries()) {
        const size = leafSize(space);
        spread(read[leaf], chosen[leaf], { running, size, apart: size, from: 0 });
        spread(read[leaf], action[leaf], { running, size, apart: horizon * size, from: t * size });
      }
      steps += running.length;
      const result = environment.step(fromLeaves(this.#world.actionSpace, chosen));
      for (const episode of running) {
        reward[episode] += result.reward[episode];
        if (result.info.progress) progress[episode] = result.info.progress[episode];
      }
      running = running.filter((episode) => !(result.terminated[episode] || result.truncated[episode]));
      ({ observation, info } = result);
    }
    return { ...this.#episodes, steps };
  }

  #write(
    { host, observation: tensors, episode, owner, place }: StepProgram,
    running: Uint32Array,
    observation: unknown,
    t: number,
    batch: number,
  ): void {
    const { environment, recordActions, part } = this.options;
    const { horizon } = environment;
    const seen = arraysOf(environment.observationSpace, observation);
    host.episode.fill(NONE);
    host.place.fill(NONE);
    for (let row = 0; row < running.length; row++) {
      const at = running[row];
      host.episode[row] = at;
      host.place[row] = at * horizon + t;
    }
    for (const [leaf, space] of this.#seen.entries()) {
      const size = leafSize(space);
      const rows = host.observation[leaf];
      for (let row = 0; row < running.length; row++) {
        const at = running[row];
        const one = seen[leaf].subarray(at * size, (at + 1) * size);
        rows.set(one, row * size);
        if (recordActions) this.#episodes.observation[leaf].set(one, (at * horizon + t) * size);
      }
      rows.fill(space.kind === 'rows' ? -1 : 0, running.length * size);
    }
    writeValues(tensors, host.observation);
    episode.write(host.episode);
    if (owner !== episode) owner.write(host.episode.map((at) => (at === NONE ? NONE : at + (part?.before ?? 0))));
    place.write(host.place);
    this.#memory.at(t);
    this.#random.write(batch * horizon + t);
  }

  /** The step that was played last. */
  replay(): readonly Program[] {
    return this.#last ? [this.#last.program] : [];
  }

  /**
   * What one environment step replays while so many episodes run: the program of the smallest number of rows that holds
   * them.
   */
  program(running: number): Program {
    return this.#program(running).program;
  }

  #program(running: number): StepProgram {
    const rows = this.#rowCounts.find((count) => count >= running) as number;
    const known = this.#programs.get(rows);
    if (known) return known;
    const made = this.#capture(rows);
    this.#programs.set(rows, made);
    return made;
  }

  #capture(rows: number): StepProgram {
    const { model, controller, temperature = 1, part } = this.options;
    const device = this.#device;
    const host = {
      observation: leafArrays(model.config.observation, rows),
      episode: new Uint32Array(rows),
      place: new Uint32Array(rows),
    };
    const observation = spaceTensors(device, model.config.observation, rows);
    const episode = device.tensor(host.episode);
    const place = device.tensor(host.place);
    const owner = part ? device.tensor(host.episode) : episode;
    const context = { rows, episode, owner, place, random: this.#random };
    const program = device.capture(() =>
      noGrad(() => {
        const memory = this.#memory.of(episode);
        let open: Tensor | undefined;
        const edit = (residual: Tensor): Tensor => {
          const edited = (controller as Controller).control(residual, context);
          open = edited.open;
          return edited.residual;
        };
        const hooks = controller ? [{ layer: controller.layer, edit }] : [];
        const e = model.stepBlocks(model.embed(observation), memory, 0, model.config.depth, hooks);
        const into = this.logProb && { logProb: this.logProb, place };
        const chosen = model.action(e).tempered(temperature).sample(this.#random, PLAY_STREAM.action, { owner, into });
        return { ...numbered('action', chosen), ...(open && { open }) };
      }),
    );
    return { program, observation, episode, owner, place, host };
  }

  dispose(): void {
    for (const { program, observation, episode, owner, place } of this.#programs.values()) {
      program.dispose();
      for (const tensor of new Set([...observation, episode, owner, place])) tensor.dispose();
    }
    this.#programs.clear();
    this.#memory.dispose();
    this.#random.dispose();
    this.logProb?.dispose();
  }
}
