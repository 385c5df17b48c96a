/**
 * The rules of one episode: what a world needs to say, where the rest (N at once, ends, snapshots, recording) is the
 * same for all.
 */
import type { RandomSource, Space } from '@coxswain/base';
import type { ObservationViews, Task } from './definition.js';
import type { Value } from './values.js';

/** Where something happened, for errors. */
export interface Moment {
  readonly episode: number;
  readonly step: number;
}

/** What came of a step. Left out: nothing was reached, and the task decides about reward and end. */
export interface Outcome<State> {
  /** The new state, where the old one was not changed in place. */
  readonly state?: State;
  /** What was reached, an index into the world's events; −1 for nothing. */
  readonly event?: number;
  /** By default 1 where the last event of the task was reached, 0 elsewhere. */
  readonly reward?: number;
  /** By default once the last event of the task was reached, or one out of order. */
  readonly done?: boolean;
}

/**
 * One episode. A state is a plain object of numbers, texts, lists and typed arrays. Everything random comes from the
 * given source: its numbers depend on seed, episode and step alone.
 */
export interface EpisodeRules<State, O extends Space = Space, A extends Space = Space> extends ObservationViews<O, A> {
  begin(random: RandomSource, task: Task | 'free'): State;
  /**
   * The costly part of the next step of several episodes together, where that is faster: `step` of each follows. It
   * changes no state, so that a step that cannot be taken leaves all episodes where they are. Not all steps have it
   * before them.
   */
  advance?(states: readonly State[], actions: readonly Value<A>[], at: readonly Moment[]): void;
  observe(state: State): Value<O>;
  /** May change the state in place. Actions of boxes come within their bounds. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a step that only changes the state returns nothing.
  step(state: State, action: Value<A>, random: RandomSource): Outcome<State> | void;
}

/** What an expert knows beside the state. */
export interface ExpertView {
  readonly task: Task;
  /** Events of the task reached so far. */
  readonly progress: number;
  /** The event to be reached now. */
  readonly goal: number;
  readonly random: RandomSource;
  /** As `DemonstrationSettings`. */
  readonly noise: number;
  readonly ties: 'random' | 'first';
}

/** A way to succeed. */
export interface EpisodeExpert<State, A extends Space = Space> {
  act(state: State, view: ExpertView): Value<A>;
  /** −log probability (or density) of an action that it took. Absent where there is none, as without noise. */
  nll?(state: State, action: Value<A>, view: ExpertView): number;
}

/** What became of the task by a step. */
export interface Advance {
  readonly event: number;
  readonly progress: number;
  readonly reward: number;
  readonly done: boolean;
}

/**
 * Follows a task: events in order, the last one rewarded, one out of order the end. A free episode has neither reward
 * nor end.
 */
export function followTask(outcome: Outcome<unknown>, task: Task | 'free', progress: number): Advance {
  const event = outcome.event ?? -1;
  if (task === 'free') return { event, progress, reward: 0, done: false };
  const inOrder = event >= 0 && event === task.events[progress];
  const reached = inOrder ? progress + 1 : progress;
  const finished = inOrder && reached === task.events.length;
  return {
    event,
    progress: reached,
    reward: outcome.reward ?? (finished ? 1 : 0),
    done: outcome.done ?? (finished || (event >= 0 && !inOrder)),
  };
}
