/** N episodes of one set of rules, stepped together. */
import {
  CounterRandom,
  fromLeaves,
  type LeafValues,
  leafArrays,
  leafSize,
  leafValues,
  leavesOf,
  type Space,
  type Values,
} from '@coxswain/base';
import type { Opening, Task } from './definition.js';
import type { EpisodePlayer } from './episode-player.js';
import type { Moment } from './episode-rules.js';
import { EnvError, LONGEST_HORIZON, requireEnvironment, requireInteger } from './errors.js';
import { decodeState, encodeState } from './state-bytes.js';
import type { Step, World } from './world.js';

/** Of each environment, `[N]`; overwritten by the next call. */
interface EpisodeInfo {
  readonly progress: Uint16Array;
  readonly event: Int16Array;
  /** Steps taken. */
  readonly length: Uint16Array;
}

/** One environment as its bytes hold it. */
interface Saved {
  readonly seed: number;
  readonly episode: number;
  readonly progress: number;
  readonly event: number;
  readonly length: number;
  readonly terminated: number;
  readonly truncated: number;
  readonly state: unknown;
}

/**
 * A world from the rules of one episode: N at once, each the same whatever N is; ends, horizon, masking, snapshots
 * and forks are the same for all rules.
 */
export class VectorisedWorld<State, O extends Space, A extends Space> implements World<O, A> {
  readonly name: string;
  readonly environments: number;
  readonly horizon: number;
  readonly observationSpace: O;
  readonly actionSpace: A;
  private readonly task: Task | 'free';
  private readonly states: State[] = [];
  private readonly episode: Float64Array;
  /** Of each environment, as restored ones may come from another seed; shared by those of one seed. */
  private readonly random: CounterRandom[] = [];
  private readonly observation: readonly LeafValues[];
  /** Numbers of each leaf of the actions of all environments. */
  private readonly actionSizes: readonly number[];
  private readonly result: Step<O> & { readonly info: EpisodeInfo; readonly reward: Float32Array } & Flags;

  /** @throws EnvError `bad-setting` where N or T cannot be. */
  constructor(
    private readonly player: EpisodePlayer<State, O, A>,
    { task, environments, horizon }: Opening,
  ) {
    requireInteger('environments', environments, 1);
    requireInteger('horizon', horizon, 1, LONGEST_HORIZON);
    this.name = player.name;
    this.task = task;
    this.environments = environments;
    this.horizon = horizon;
    this.observationSpace = player.spaces.observation;
    this.actionSpace = player.spaces.action;
    this.episode = new Float64Array(environments);
    this.actionSizes = leavesOf(this.actionSpace).map(({ space }) => environments * leafSize(space));
    this.observation = leafArrays(this.observationSpace, environments);
    this.result = {
      observation: fromLeaves(this.observationSpace, this.observation),
      reward: new Float32Array(environments),
      terminated: new Uint8Array(environments),
      truncated: new Uint8Array(environments),
      info: {
        progress: new Uint16Array(environments),
        event: new Int16Array(environments),
        length: new Uint16Array(environments),
      },
    };
  }

  reset(seed: number, { firstEpisode }: { readonly firstEpisode: number }): Step<O> {
    requireInteger('firstEpisode', firstEpisode, 0);
    const random = new CounterRandom(seed);
    const { info, reward, terminated, truncated } = this.result;
    for (const counter of [info.progress, info.length, reward, terminated, truncated]) counter.fill(0);
    info.event.fill(-1);
    for (let i = 0; i < this.environments; i++) {
      this.random[i] = random;
      this.episode[i] = firstEpisode + i;
      this.states[i] = this.player.begin(random, firstEpisode + i, this.task);
      this.show(i);
    }
    return this.result;
  }

  step(actions: Values<A>): Step<O> {
    this.requireReset('step');
    const given = this.takeActions(actions);
    const { reward, info } = this.result;
    const under = this.underWay();
    if (this.player.rules.advance) {
      const [states, moments] = [under.map((i) => this.states[i]), under.map((i) => this.momentOf(i))];
      this.player.advance(states, given, under, moments);
    }
    reward.fill(0);
    info.event.fill(-1);
    for (const i of under) this.stepOne(i, given);
    return this.result;
  }

  /** Environments whose episode is not over. */
  private underWay(): number[] {
    const { terminated, truncated } = this.result;
    return Array.from({ length: this.environments }, (_, i) => i).filter((i) => !(terminated[i] | truncated[i]));
  }

  private momentOf(i: number): Moment {
    return { episode: this.episode[i], step: this.result.info.length[i] };
  }

  snapshot(environment: number): Uint8Array {
    this.requireReset('snapshot');
    requireEnvironment(environment, this.environments);
    const { info, terminated, truncated } = this.result;
    return encodeState({
      seed: this.random[environment].seed,
      episode: this.episode[environment],
      progress: info.progress[environment],
      event: info.event[environment],
      length: info.length[environment],
      terminated: terminated[environment],
      truncated: truncated[environment],
      state: this.states[environment],
    } satisfies Saved);
  }

  restore(state: Uint8Array, environments: ArrayLike<number>): Step<O> {
    this.requireReset('restore');
    const randoms = new Map<number, CounterRandom>();
    for (let k = 0; k < environments.length; k++) {
      const i = environments[k];
      requireEnvironment(i, this.environments);
      // Decoded for each, so that forks share nothing.
      const saved = this.readSaved(state);
      const random = randoms.get(saved.seed) ?? new CounterRandom(saved.seed);
      randoms.set(saved.seed, random);
      this.put(i, saved, random);
    }
    return this.result;
  }

  private put(i: number, saved: Saved, random: CounterRandom): void {
    const { info, reward, terminated, truncated } = this.result;
    this.random[i] = random;
    this.episode[i] = saved.episode;
    this.states[i] = saved.state as State;
    info.progress[i] = saved.progress;
    info.event[i] = saved.event;
    info.length[i] = saved.length;
    terminated[i] = saved.terminated;
    truncated[i] = saved.truncated;
    reward[i] = 0;
    this.show(i);
  }

  private stepOne(i: number, actions: readonly LeafValues[]): void {
    const { info, reward, terminated, truncated } = this.result;
    const advance = this.player.step(this.states[i], actions, i, {
      random: this.random[i],
      task: this.task,
      progress: info.progress[i],
      at: this.momentOf(i),
    });
    this.states[i] = advance.state;
    info.length[i]++;
    info.event[i] = advance.event;
    info.progress[i] = advance.progress;
    reward[i] = advance.reward;
    if (advance.done) terminated[i] = 1;
    else if (info.length[i] >= this.horizon) truncated[i] = 1;
    this.show(i);
  }

  private show(i: number): void {
    this.player.observe(this.states[i], this.observation, i, this.momentOf(i));
  }

  private takeActions(actions: Values<A>): readonly LeafValues[] {
    const given = leafValues(this.actionSpace, actions);
    const wrong = given.findIndex((array, leaf) => array?.length !== this.actionSizes[leaf]);
    if (wrong < 0) return given as readonly LeafValues[];
    const value = `${this.name}: actions of ${given[wrong]?.length ?? 0} numbers`;
    throw new EnvError('bad-shape', value, `${this.actionSizes[wrong]} for ${this.environments} environments`, 'pass one for each');
  }

  private readSaved(bytes: Uint8Array): Saved {
    const saved = decodeState(bytes) as Partial<Saved> | null | undefined;
    if (typeof saved?.seed === 'number' && typeof saved.episode === 'number' && 'state' in saved) return saved as Saved;
    throw new EnvError('bad-argument', 'bytes of something else', `a state of ${this.name}`, 'restore what its snapshot() gave');
  }

  private requireReset(method: string): void {
    if (this.states.length === 0)
      throw new EnvError('not-reset', `${method}() before reset()`, 'a running episode', 'call reset(seed, { firstEpisode: 0 }) first');
  }
}

interface Flags {
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
}
