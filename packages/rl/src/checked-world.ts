import { CoxswainError, leafSize, leafValues, leavesOf, type Space } from '@coxswain/base';
import type { Reset, Step, World } from '@coxswain/envs';
import { expectedOf, firstWrong } from '@coxswain/transformer';

/**
 * A world gave what no world may give: NaN for a reward, an observation that the model cannot read, an array of another
 * length.
 */
export class WorldError extends CoxswainError {
  override name = 'WorldError';
  /**
   * @param world its `name`, or that of its class.
   * @param episode the number of the episode in its seed; absent where the fault is that of all.
   * @param step steps that the episode had taken, the one at fault included; 0 for `reset`.
   */
  constructor(
    readonly world: string,
    readonly episode: number | undefined,
    readonly step: number,
    value: string,
    expected: string,
  ) {
    const call = step === 0 ? 'reset()' : 'step()';
    const where = `${episode === undefined ? '' : `episode ${episode}, `}step ${step}`;
    const remedy = `correct what ${call} of ${world} returns`;
    super(`World ${world}, ${where}: ${value}, expected ${expected}`, { code: 'bad-world', value: `${where}: ${value}`, expected, remedy });
  }
}

const nameOf = (world: World): string => {
  const named = world.name ?? world.constructor?.name;
  return named && named !== 'Object' ? named : 'without a name';
};

const isFlag = (flag: unknown): boolean => flag === 0 || flag === 1 || flag === false || flag === true;

/**
 * A world that is looked at as it plays: every reward, observation, flag and progress of an episode that runs, on the
 * host, before any of it reaches the model. Observations have to be of the space that it declares. Otherwise it is the
 * world it was made of.
 */
export class CheckedWorld implements World {
  readonly name: string;
  readonly environments: number;
  readonly horizon: number;
  readonly observationSpace: Space;
  readonly actionSpace: Space;
  #first = 0;
  #step = 0;
  readonly #over: Uint8Array;
  /** Of each episode so far, in the precision that learning has them in. */
  readonly #reward: Float32Array;

  constructor(private readonly world: World) {
    this.name = nameOf(world);
    this.environments = world.environments;
    this.horizon = world.horizon;
    this.observationSpace = world.observationSpace;
    this.actionSpace = world.actionSpace;
    this.#over = new Uint8Array(world.environments);
    this.#reward = new Float32Array(world.environments);
  }

  /** @throws WorldError for what no world may give. */
  reset(seed: number, options: { readonly firstEpisode: number }): Reset {
    const result = this.world.reset(seed, options);
    this.#first = options.firstEpisode;
    this.#step = 0;
    this.#over.fill(0);
    this.#reward.fill(0);
    this.#look(result);
    return result;
  }

  /** @throws WorldError for what no world may give. */
  step(actions: Parameters<World['step']>[0]): Step {
    const result = this.world.step(actions);
    this.#step++;
    this.#rewards(result);
    this.#flags(result);
    this.#look(result);
    return result;
  }

  /** Observations of episodes that go on, and how far all have come. */
  #look({ observation, info }: Reset): void {
    const { environments: n } = this;
    const given = leafValues(this.observationSpace, observation);
    for (const [leaf, { path, space }] of leavesOf(this.observationSpace).entries()) {
      const name = `observation${path && `.${path}`}`;
      const size = leafSize(space);
      this.#length(name, given[leaf], n * size, `[${n}, ${size}]`);
      const values = given[leaf] as ArrayLike<number>;
      for (let i = 0; i < n; i++) {
        if (this.#over[i]) continue;
        const wrong = firstWrong(space, values, i * size, (i + 1) * size);
        if (wrong < 0) continue;
        const k = wrong - i * size;
        const place = space.kind === 'rows' ? ` in slot ${k}` : size > 1 ? ` at ${k}` : '';
        this.#fail(i, `${name} ${values[wrong]}${place}`, expectedOf(space));
      }
    }
    const { progress } = info;
    if (progress) this.#length('info.progress', progress, n, `[${n}]`);
    for (let i = 0; i < n; i++) {
      if (this.#over[i]) continue;
      if (progress && !Number.isFinite(progress[i])) this.#fail(i, `progress ${progress[i]}`, 'a finite number');
    }
  }

  #rewards({ reward }: Step): void {
    this.#length('reward', reward, this.environments, `[${this.environments}]`);
    for (let i = 0; i < this.environments; i++) {
      if (this.#over[i]) continue;
      this.#reward[i] += reward[i];
      if (Number.isFinite(this.#reward[i])) continue;
      if (Number.isFinite(reward[i])) this.#fail(i, `rewards that add up to ${this.#reward[i]}`, 'a sum that 32 bits can hold');
      this.#fail(i, `reward ${reward[i]}`, 'a finite number');
    }
  }

  #flags(result: Step): void {
    for (const name of ['terminated', 'truncated'] as const) {
      const flags = result[name];
      this.#length(name, flags, this.environments, `[${this.environments}]`);
      for (let i = 0; i < this.environments; i++) {
        if (this.#over[i]) continue;
        if (!isFlag(flags[i])) this.#fail(i, `${name} ${flags[i]}`, '0 or 1');
      }
    }
    for (let i = 0; i < this.environments; i++) if (result.terminated[i] || result.truncated[i]) this.#over[i] = 1;
  }

  #length(what: string, array: ArrayLike<number> | undefined, length: number, shape: string): void {
    if (array?.length === length) return;
    const value = array ? `${array.length} numbers of ${what}` : `no ${what}`;
    throw new WorldError(this.name, undefined, this.#step, value, `${length} for ${shape}`);
  }

  #fail(environment: number, value: string, expected: string): never {
    throw new WorldError(this.name, this.#first + environment, this.#step, value, expected);
  }
}
