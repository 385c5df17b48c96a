import { discreteSpace, outOfRange, twoWords } from '@coxswain/base';
import {
  PINPAD_FLAGS,
  type PinpadShape,
  pinpadExpert,
  pinpadLayout,
  pinpadNoise,
  pinpadObserve,
  pinpadPaths,
  pinpadRunning,
  pinpadSlots,
  pinpadStep,
} from '@coxswain/kernels';
import { type Device, ShapeError, type Tensor, type TensorData } from '@coxswain/tensor';
import type { DeviceOutcome, DeviceWorld } from '../../device/world.js';
import type { Expert, Ties } from '../expert.js';
import { checkGridSize } from '../layout.js';
import { allocentric, egocentric, type GridObservation } from '../observation.js';
import type { PinpadSettings } from '../pinpad.js';
import { type ColourSequence, parseTask } from '../tasks.js';

export type DevicePinpadSettings = Omit<PinpadSettings, 'observation'> & {
  /** What is shown; the egocentric window by default. */
  readonly observation?: GridObservation['view'];
};

/** A kernel keeps a few grids in the memory of one invocation: beyond this side they would no longer fit. */
export const LARGEST_DEVICE_WORLD = 32;

function checkSettings({ world, horizon, environments, tasks }: DevicePinpadSettings): void {
  checkGridSize(world);
  const wrong = (what: string, value: unknown, expected: string): never => {
    throw outOfRange(`DevicePinpad: ${what}`, value, expected, 'correct it, or take GridworldPinpad, the world on the host');
  };
  if (world.size > LARGEST_DEVICE_WORLD) wrong('world.size', world.size, `at most ${LARGEST_DEVICE_WORLD} on a device`);
  if (!Number.isInteger(horizon) || horizon < 1 || horizon > 0xffff) wrong('horizon', horizon, 'an integer from 1 to 65535');
  if (!Number.isInteger(environments) || environments < 1) wrong('environments', environments, 'an integer of at least 1');
  if (tasks !== 'free' && (tasks.length === 0 || tasks.length > 0xffff)) wrong('the number of tasks', tasks.length, 'from 1 to 65535');
}

/** Where each task begins in the buffer and, behind the last of these, where it ends; then the colours. */
function packTasks(tasks: readonly ColourSequence[] | 'free', colours: number): Uint32Array {
  if (tasks === 'free') return Uint32Array.of(1, 1);
  const parsed = tasks.map((task) => parseTask(task, colours));
  const starts = [parsed.length + 1];
  for (const { length } of parsed) starts.push((starts.at(-1) as number) + length);
  return Uint32Array.of(...starts, ...parsed.flatMap((task) => [...task]));
}

/**
 * `GridworldPinpad` on a device: N episodes that begin, are observed and stepped, and an expert that plays them,
 * without the host. The same seed and number of an episode give the same layout, task and expert, to the bit. Every
 * method but `seed` records launches, so that a captured program may hold a whole episode.
 */
export class DevicePinpad implements DeviceWorld {
  /** u32 `[N, cells]`: 0 empty, 1 … O colours, O+1 a wall. */
  readonly layout: Tensor;
  /** u32 `[N, 4]`: cell, steps taken, progress, flags (`PINPAD_FLAGS`). */
  readonly agents: Tensor;
  /** i32 `[N, T]` moves taken. */
  readonly taken: Tensor;
  readonly environments: number;
  readonly horizon: number;
  readonly observationSpace: GridObservation;
  readonly actionSpace = discreteSpace(4);
  /** K: indices of an observation. */
  readonly slots: number;
  readonly #random: Tensor;
  readonly #tasks: Tensor;
  readonly #shape: PinpadShape;
  readonly #egocentric: boolean;

  /** @throws EnvError, CoxswainError where a setting cannot be. */
  constructor(
    private readonly device: Device,
    readonly settings: DevicePinpadSettings,
  ) {
    checkSettings(settings);
    const { world, tasks, horizon, environments: episodes, observation = 'egocentric' } = settings;
    const packed = packTasks(tasks, world.colours);
    this.#egocentric = observation === 'egocentric';
    this.#shape = { episodes, ...world, tasks: tasks === 'free' ? 0 : tasks.length };
    this.environments = episodes;
    this.horizon = horizon;
    this.slots = pinpadSlots(world, this.#egocentric);
    this.observationSpace = (this.#egocentric ? egocentric : allocentric)(world);
    this.layout = device.tensor(new Uint32Array(episodes * world.size ** 2), [episodes, world.size ** 2]);
    this.agents = device.tensor(new Uint32Array(episodes * 4), [episodes, 4]);
    this.taken = device.tensor(new Int32Array(episodes * horizon), [episodes, horizon]);
    this.#random = device.tensor(new Uint32Array(4));
    this.#tasks = device.tensor(packed);
  }

  /**
   * Says which episodes begin next: N of the seed, from `firstEpisode` on; both integers from 0 to 2⁵³ − 1.
   * @throws CoxswainError `bad-seed`, `bad-episode` for any others.
   */
  seed(seed: number, firstEpisode = 0): void {
    const [key, episode] = [twoWords('DevicePinpad', 'seed', seed), twoWords('DevicePinpad', 'episode', firstEpisode)];
    this.#random.write(Uint32Array.of(...key, ...episode));
  }

  /** Begins them: layouts, agents, tasks. */
  begin(): void {
    this.device.dispatch(pinpadLayout, this.#shape, { random: this.#random, grids: this.layout, agents: this.agents });
  }

  running(rows: number, clock: Tensor, counts: Tensor, before = 0): { episode: Tensor; owner: Tensor; place: Tensor } {
    const { device, agents } = this;
    const [episode, owner, place] = [1, 2, 3].map(() => device.empty([rows], 'u32'));
    const out = { episode, owner, place };
    device.dispatch(pinpadRunning, { ...this.#stepShape(rows), offset: before }, { agents, clock, counts, ...out });
    return out;
  }

  /** What the agents of some episodes see: i32 `[rows, K]`, −1 for nothing. @param episode u32 `[rows]`. */
  observe(episode: Tensor): Tensor {
    const rows = episode.size;
    const indices = this.device.empty([rows, this.slots], 'i32');
    const shape = { ...this.#shape, rows, egocentric: this.#egocentric ? 1 : 0 };
    this.device.dispatch(pinpadObserve, shape, { episode, grids: this.layout, agents: this.agents, indices });
    return indices;
  }

  /** One step of some episodes; those that are over rest. @param action i32 `[rows]`, 0 … 3. */
  step(episode: Tensor, actions: Tensor | readonly Tensor[]): void {
    const [action] = [actions].flat();
    if (episode.size !== action.size) throw new ShapeError('step', `${action.size} actions`, `${episode.size}, one a row`);
    const { layout, agents, taken } = this;
    this.device.dispatch(pinpadStep, this.#stepShape(episode.size), { episode, action, grids: layout, tasks: this.#tasks, agents, taken });
  }

  /**
   * Plays all episodes as `Expert` does, from where `begin` put them, and leaves the agents there.
   * @returns track u32 `[N, T+1]`: cell, the move in bits 16 and 17, the colour under way above; from the end on the
   * last cell and zeros.
   *   outcome u32 `[N]`: steps, plus 2³¹ where the task was done in time.
   */
  expert(epsilon: Expert['epsilon'], ties: Ties = 'random'): { track: Tensor; outcome: Tensor } {
    const { device, layout, agents } = this;
    const { episodes, size, colours, tasks } = this.#shape;
    const { horizon } = this.settings;
    if (tasks === 0) throw new ShapeError('expert', 'a world without tasks', 'tasks for the expert to do');
    const paths = device.empty([episodes, colours, size * size], 'u32');
    device.dispatch(pinpadPaths, { ...this.#shape, first: ties === 'first' ? 1 : 0 }, { grids: layout, paths });
    const out = { track: device.empty([episodes, horizon + 1], 'u32'), outcome: device.empty([episodes], 'u32') };
    const shape = { ...this.#shape, horizon, ...pinpadNoise(epsilon) };
    device.dispatch(pinpadExpert, shape, { random: this.#random, grids: layout, agents, tasks: this.#tasks, paths, ...out });
    return out;
  }

  get told(): readonly Tensor[] {
    return [this.agents, this.taken];
  }

  outcome([agents, taken]: readonly TensorData[]): DeviceOutcome {
    const { environments: count, horizon } = this;
    const field = (index: number) => Array.from({ length: count }, (_, n) => agents[4 * n + index]);
    const length = Uint16Array.from(field(1));
    const action = new Int32Array(count * horizon).fill(-1);
    length.forEach((steps, n) => {
      action.set(taken.subarray(n * horizon, n * horizon + steps), n * horizon);
    });
    const reward = Float32Array.from(field(3), (flags) => (flags & PINPAD_FLAGS.success ? 1 : 0));
    return { reward, length, progress: Float32Array.from(field(2)), action: [action] };
  }

  #stepShape(rows: number): PinpadShape & { readonly rows: number; readonly horizon: number } {
    return { ...this.#shape, rows, horizon: this.settings.horizon };
  }

  dispose(): void {
    for (const tensor of [this.layout, this.agents, this.taken, this.#random, this.#tasks]) tensor.dispose();
  }
}
