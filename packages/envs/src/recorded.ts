/** Recorded episodes in flat arrays, whatever their spaces. */
import { fromLeaves, type LeafValues, leafArrays, leafSize, leavesOf, type Space, type Values } from '@coxswain/base';
import type { ObservationViews } from './definition.js';
import { EnvError } from './errors.js';
import type { Trajectories } from './trajectories.js';
import { ValueAccess } from './values.js';

/** N episodes, padded to T steps. Arrays are those of the leaves of a space, in order. */
export interface Recording {
  readonly count: number;
  readonly horizon: number;
  /** `[N]`. */
  readonly length: Uint16Array;
  /** `[N, T+1]`, the final one included; what comes after the end is not read. */
  readonly observation: readonly LeafValues[];
  /** `[N, T]`, as the expert chose them, before a world clips them. */
  readonly action: readonly LeafValues[];
  /** `[N, T]`, −1 for nothing. */
  readonly event?: Int16Array | undefined;
  readonly goal?: Int16Array | undefined;
  readonly expertNll?: number | undefined;
  /** `[N]` number of each episode within its seed, and of its task in the list; where they were played. */
  readonly episode?: Float64Array | undefined;
  readonly task?: Uint16Array | undefined;
}

/** What recorded values can be asked. */
export interface RecordedSpaces<O extends Space, A extends Space> {
  readonly observation: O;
  readonly action: A;
  readonly predicted?: Space | undefined;
}

export class RecordedTrajectories<O extends Space = Space, A extends Space = Space> implements Trajectories<O, A> {
  readonly observationSpace: O;
  readonly actionSpace: A;
  readonly count: number;
  readonly horizon: number;
  readonly length: Uint16Array;
  declare readonly event?: Int16Array;
  declare readonly goal?: Int16Array;
  declare readonly expertNll?: number;
  declare readonly predicted?: (episodes: ArrayLike<number>, steps: number, turned?: ArrayLike<number>) => unknown;
  private readonly observations: ValueAccess<O>;
  private readonly recordedActions: ValueAccess<A>;

  constructor(
    readonly recording: Recording,
    spaces: RecordedSpaces<O, A>,
    private readonly views: ObservationViews<O, A> = {},
  ) {
    const { count, horizon, length, event, goal, expertNll } = recording;
    this.observationSpace = spaces.observation;
    this.actionSpace = spaces.action;
    this.observations = new ValueAccess(spaces.observation, 'observation');
    this.recordedActions = new ValueAccess(spaces.action, 'action');
    this.count = count;
    this.horizon = horizon;
    this.length = length;
    if (event) this.event = event;
    if (goal) this.goal = goal;
    if (expertNll !== undefined) this.expertNll = expertNll;
    const { predicted } = spaces;
    const predict = views.predicted;
    if (predicted && predict) this.predicted = (episodes, steps, turned) => this.predict(predicted, predict, { episodes, steps, turned });
  }

  observe(episodes: ArrayLike<number>, steps: number, turned?: ArrayLike<number>): Values<O> {
    return fromLeaves(this.observationSpace, this.observed(episodes, 0, steps + 1, turned));
  }

  actions(episodes: ArrayLike<number>, steps: number, turned?: ArrayLike<number>): Values<A> {
    const { horizon, recordedActions, length } = this;
    const out = leafArrays(this.actionSpace, episodes.length * steps);
    leavesOf(this.actionSpace).forEach(({ space }, leaf) => {
      const size = leafSize(space);
      const recorded = this.recording.action[leaf];
      for (let i = 0; i < episodes.length; i++) {
        const from = episodes[i] * horizon * size;
        out[leaf].set(recorded.subarray(from, from + Math.min(steps, length[episodes[i]]) * size), i * steps * size);
      }
    });
    if (turned) {
      const turn = this.views.turnAction;
      for (let i = 0; i < episodes.length; i++) {
        if (turned[i] === 0) continue;
        if (!turn) throw notTurned('actions');
        for (let t = 0; t < Math.min(steps, length[episodes[i]]); t++) {
          const at = i * steps + t;
          recordedActions.write(out, at, turn(recordedActions.read(out, at), turned[i]), false);
        }
      }
    }
    return fromLeaves(this.actionSpace, out);
  }

  /** `[B, steps]` observations from step `first` on; after an episode's end, its last again. */
  private observed(episodes: ArrayLike<number>, first: number, steps: number, turned?: ArrayLike<number>): LeafValues[] {
    const { horizon, length, observations } = this;
    const out = leafArrays(this.observationSpace, episodes.length * steps);
    leavesOf(this.observationSpace).forEach(({ space }, leaf) => {
      const size = leafSize(space);
      const recorded = this.recording.observation[leaf];
      for (let i = 0; i < episodes.length; i++) {
        const e = episodes[i];
        for (let t = 0; t < steps; t++) {
          const from = (e * (horizon + 1) + Math.min(first + t, length[e])) * size;
          const to = (i * steps + t) * size;
          for (let k = 0; k < size; k++) out[leaf][to + k] = recorded[from + k];
        }
      }
    });
    const { turn } = this.views;
    for (let at = 0; turned && at < episodes.length * steps; at++) {
      const symmetry = turned[Math.floor(at / steps)];
      if (symmetry === 0) continue;
      if (!turn) throw notTurned('observations');
      observations.write(out, at, turn(observations.read(out, at), symmetry), false);
    }
    return out;
  }

  private predict(
    space: Space,
    predict: NonNullable<ObservationViews<O, A>['predicted']>,
    { episodes, steps, turned }: { episodes: ArrayLike<number>; steps: number; turned?: ArrayLike<number> | undefined },
  ): unknown {
    const access = new ValueAccess(space, 'predicted');
    const out = leafArrays(space, episodes.length * steps);
    const next = this.observed(episodes, 1, steps, turned);
    for (let at = 0; at < episodes.length * steps; at++) {
      const mismatch = access.write(out, at, predict(this.observations.read(next, at)));
      if (mismatch) throw new EnvError('bad-world', `${mismatch.what} is ${mismatch.given}`, mismatch.expected, 'correct predicted()');
    }
    return fromLeaves(space, out);
  }
}

function notTurned(what: string): EnvError {
  return new EnvError(
    'bad-argument',
    `a symmetry of ${what}`,
    'episodes of a world that can turn them',
    'add turn and turnAction to its rules',
  );
}
