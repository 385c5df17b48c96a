/** Rules of one episode, called with checks and with the random numbers of their episode and step. */
import { type CounterRandom, CoxswainError, type LeafValues, leafArrays, type Space } from '@coxswain/base';
import type { Task, WorldSpaces } from './definition.js';
import type { Advance, EpisodeRules, Moment, Outcome } from './episode-rules.js';
import { followTask } from './episode-rules.js';
import { EnvError, LONGEST_HORIZON } from './errors.js';
import { WORLD_STREAM } from './streams.js';
import { type Mismatch, type Value, ValueAccess } from './values.js';

export class EpisodePlayer<State, O extends Space, A extends Space> {
  readonly observations: ValueAccess<O>;
  readonly actions: ValueAccess<A>;
  /** One action, as it is applied. */
  private readonly applied: readonly LeafValues[];
  /** As many as were taken together. */
  private readonly together: LeafValues[][] = [];

  constructor(
    readonly name: string,
    readonly rules: EpisodeRules<State, O, A>,
    readonly spaces: WorldSpaces<O, A>,
  ) {
    this.observations = new ValueAccess(spaces.observation, 'observation');
    this.actions = new ValueAccess(spaces.action, 'action');
    this.applied = leafArrays(spaces.action, 1);
  }

  begin(random: CounterRandom, episode: number, task: Task | 'free'): State {
    random.seek(WORLD_STREAM.begin, episode);
    return this.call('begin', { episode, step: 0 }, () => this.rules.begin(random, task));
  }

  /** Writes what a state shows as the `index`-th observation. */
  observe(state: State, arrays: readonly LeafValues[], index: number, at: Moment): void {
    const value = this.call('observe', at, () => this.rules.observe(state));
    this.refuse(this.observations.write(arrays, index, value), at);
  }

  /** Applies the `index`-th action. */
  step(
    state: State,
    actions: readonly LeafValues[],
    index: number,
    { random, task, progress, at }: { random: CounterRandom; task: Task | 'free'; progress: number; at: Moment },
  ): Advance & { readonly state: State } {
    const action = this.apply(actions, index, this.applied, at);
    random.seek(WORLD_STREAM.step, at.episode * (LONGEST_HORIZON + 1) + at.step);
    const outcome = this.call('step', at, () => this.rules.step(state, action, random)) ?? {};
    this.checkOutcome(outcome, at);
    return { ...followTask(outcome, task, progress), state: outcome.state ?? state };
  }

  /** Lets the rules do the costly part of a step of several episodes together; `actions` and `indices` as in `step`. */
  advance(states: readonly State[], actions: readonly LeafValues[], indices: readonly number[], at: readonly Moment[]): void {
    const { advance } = this.rules;
    if (!advance || states.length === 0) return;
    while (this.together.length < states.length) this.together.push(leafArrays(this.spaces.action, 1));
    const applied = indices.map((index, i) => this.apply(actions, index, this.together[i], at[i]));
    this.call('advance', at[0], () => advance(states, applied, at));
  }

  /** The `index`-th action as it is applied: checked, and within the bounds of boxes. */
  private apply(actions: readonly LeafValues[], index: number, into: readonly LeafValues[], at: Moment): Value<A> {
    const mismatch = this.actions.write(into, 0, this.actions.read(actions, index), false);
    if (mismatch) throw badAction(this.name, mismatch, at);
    this.actions.clip(into);
    return this.actions.read(into, 0);
  }

  /** @throws EnvError `bad-world` where a value is not of its space. */
  refuse(mismatch: Mismatch | undefined, { episode, step }: Moment): void {
    if (!mismatch) return;
    const { what, given, expected } = mismatch;
    const value = `${this.name}, episode ${episode}, step ${step}: ${what} is ${given}`;
    throw new EnvError('bad-world', value, expected, `correct what the world gives as ${what}, or its spaces`);
  }

  /** Calls what a user wrote: what it throws becomes an error that says where. */
  call<T>(name: string, { episode, step }: Moment, play: () => T): T {
    try {
      return play();
    } catch (cause) {
      if (cause instanceof CoxswainError) throw cause;
      const value = `${this.name}, episode ${episode}, step ${step}: ${name} threw ${cause}`;
      throw new EnvError('bad-world', value, 'rules that do not throw', `correct ${name}`, { cause });
    }
  }

  private checkOutcome({ event, reward }: Outcome<State>, at: Moment): void {
    const { length } = this.spaces.events;
    if (event !== undefined && (!Number.isInteger(event) || event < -1 || event >= length))
      this.refuse({ what: 'event', given: String(event), expected: `−1 or an index of one of its ${length} events` }, at);
    if (reward !== undefined && !Number.isFinite(reward))
      this.refuse({ what: 'reward', given: String(reward), expected: 'a finite number' }, at);
  }
}

function badAction(name: string, { what, given, expected }: Mismatch, { episode, step }: Moment): EnvError {
  return new EnvError('bad-action', `${name}, episode ${episode}, step ${step}: ${what} is ${given}`, expected, 'correct it');
}
