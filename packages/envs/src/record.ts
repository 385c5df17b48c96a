/** Demonstrations by an expert who plays the rules of one episode. */
import { CounterRandom, type LeafValues, leafArrays, leafSize, leavesOf, type Space } from '@coxswain/base';
import type { DemonstrationSettings } from './definition.js';
import type { EpisodePlayer } from './episode-player.js';
import type { EpisodeExpert, ExpertView, Moment } from './episode-rules.js';
import { EnvError, LONGEST_HORIZON, requireInteger } from './errors.js';
import { RecordedTrajectories, type Recording } from './recorded.js';
import { WORLD_STREAM } from './streams.js';

/** Episodes played between two looks at how far it is. */
const SHARE = 64;

/** Episodes played side by side where rules take the costly part of their steps together. */
const LANES = 64;

/** Failures in a row after which the horizon is taken to be too short. */
const MOST_FAILURES = 1000;

/**
 * Plays the expert from episode 0 of the seed on and keeps the first `count` that end with a reward; which they are
 * does not depend on `count`. Each begins as `World.reset` begins it.
 * @returns a generator that yields how many are kept so far, and in the end gives them.
 * @throws EnvError `impossible-episode` where a thousand in a row failed.
 */
export function* recordEpisodes<State, O extends Space, A extends Space>(
  player: EpisodePlayer<State, O, A>,
  expert: EpisodeExpert<State, A>,
  how: DemonstrationSettings,
): Generator<number, RecordedTrajectories<O, A>> {
  const { horizon, count, tasks } = how;
  requireInteger('horizon', horizon, 1, LONGEST_HORIZON);
  requireInteger('count', count, 1);
  if (tasks.length === 0) throw new EnvError('bad-task', 'the list of tasks is empty', 'at least one task', 'pass tasks');
  const recorder = new EpisodeRecorder(player, expert, how);
  let failures = 0;
  for (let attempt = 0; recorder.kept < count; attempt++) {
    failures = recorder.take(attempt) ? 0 : failures + 1;
    if (failures >= MOST_FAILURES)
      throw new EnvError(
        'impossible-episode',
        `${player.name}: ${MOST_FAILURES} episodes in a row did not succeed in ${horizon} steps`,
        'a horizon that the expert can keep',
        'raise the horizon or lower the noise',
      );
    if (attempt % SHARE === SHARE - 1) yield recorder.kept;
  }
  const { rules, spaces } = player;
  return new RecordedTrajectories(recorder.recording(), spaces, rules);
}

/** One episode under way. */
interface Lane<State> {
  readonly number: number;
  readonly episode: number;
  /** Index of its task. */
  readonly task: number;
  readonly choice: CounterRandom;
  state: State;
  progress: number;
  /** −log probability of its actions so far. */
  nll: number;
  /** Steps after which it succeeded; 0 where it did not, and before. */
  length: number;
  over: boolean;
}

class EpisodeRecorder<State, O extends Space, A extends Space> {
  kept = 0;
  private readonly data: Store;
  /** Episodes as they are played, a row for each lane. */
  private readonly played: Store;
  private readonly chance: CounterRandom;
  private readonly choices: readonly CounterRandom[];
  private lanes: readonly Lane<State>[] = [];
  private firstPlayed = 0;
  /** −log probabilities of all that are kept. */
  private keptNll = 0;
  private steps = 0;

  constructor(
    private readonly player: EpisodePlayer<State, O, A>,
    private readonly expert: EpisodeExpert<State, A>,
    private readonly how: DemonstrationSettings,
  ) {
    const lanes = player.rules.advance ? Math.min(LANES, how.count) : 1;
    this.data = storeOf(player, how.count, how.horizon);
    this.played = storeOf(player, lanes, how.horizon);
    this.chance = new CounterRandom(how.seed);
    this.choices = Array.from({ length: lanes }, () => new CounterRandom(how.seed));
  }

  /** Takes the next episode, in order. @returns whether it succeeded, and was kept. */
  take(episode: number): boolean {
    const at = episode - this.firstPlayed;
    if (at >= this.lanes.length) {
      this.firstPlayed = episode;
      this.lanes = this.play(episode);
      return this.take(episode);
    }
    const lane = this.lanes[at];
    if (lane.length > 0) this.keep(lane);
    return lane.length > 0;
  }

  recording(): Recording {
    const { data, how, kept, steps, keptNll, expert } = this;
    const known = expert.nll && Number.isFinite(keptNll);
    return { ...data, count: kept, horizon: how.horizon, expertNll: known ? keptNll / steps : undefined };
  }

  /** Plays as many episodes as there are lanes, from `first` on. */
  private play(first: number): readonly Lane<State>[] {
    const { player, played, how } = this;
    const lanes = this.choices.map((choice, number) => this.begin(choice, number, first + number));
    for (let step = 0, under = lanes; step < how.horizon && under.length > 0; step++) {
      const rows = under.map(({ number }) => number * how.horizon + step);
      const moments = under.map(({ episode }) => ({ episode, step }));
      under.forEach((lane, i) => {
        this.act(lane, rows[i], moments[i]);
      });
      player.advance(
        under.map(({ state }) => state),
        played.action,
        rows,
        moments,
      );
      under.forEach((lane, i) => {
        this.step(lane, rows[i], moments[i]);
      });
      under = under.filter(({ over }) => !over);
    }
    return lanes;
  }

  private begin(choice: CounterRandom, number: number, episode: number): Lane<State> {
    const { player, chance, how, played } = this;
    chance.seek(WORLD_STREAM.task, episode);
    const task = chance.below(how.tasks.length);
    const state = player.begin(chance, episode, how.tasks[task]);
    choice.seek(WORLD_STREAM.expert, episode);
    player.observe(state, played.observation, number * (how.horizon + 1), { episode, step: 0 });
    return { number, episode, task, choice, state, progress: 0, nll: 0, length: 0, over: false };
  }

  private act(lane: Lane<State>, row: number, at: Moment): void {
    const { player, expert, played } = this;
    const view = this.view(lane);
    const action = player.call('the expert', at, () => expert.act(lane.state, view));
    player.refuse(player.actions.write(played.action, row, action, false), at);
    if (expert.nll)
      lane.nll += player.call('nll', at, () => expert.nll?.(lane.state, player.actions.read(played.action, row), view) ?? Number.NaN);
  }

  private step(lane: Lane<State>, row: number, at: Moment): void {
    const { player, played, chance, how } = this;
    const task = how.tasks[lane.task];
    const { progress } = lane;
    const advance = player.step(lane.state, played.action, row, { random: chance, task, progress, at });
    played.goal[row] = task.events[progress];
    played.event[row] = advance.event;
    lane.state = advance.state;
    lane.progress = advance.progress;
    player.observe(lane.state, played.observation, row + lane.number + 1, { ...at, step: at.step + 1 });
    if (!advance.done) return;
    lane.over = true;
    if (advance.reward > 0) lane.length = at.step + 1;
  }

  private view({ task, progress, choice }: Lane<State>): ExpertView {
    const { noise, ties = 'random', tasks } = this.how;
    return { task: tasks[task], progress, goal: tasks[task].events[progress], random: choice, noise, ties };
  }

  private keep({ number, length, episode, task, nll }: Lane<State>): void {
    const { data, played, kept, player, how } = this;
    const [from, to] = [number * how.horizon, kept * how.horizon];
    copyRows(player.spaces.observation, played.observation, from + number, data.observation, to + kept, length + 1);
    copyRows(player.spaces.action, played.action, from, data.action, to, length);
    data.event.set(played.event.subarray(from, from + length), to);
    data.goal.set(played.goal.subarray(from, from + length), to);
    data.length[kept] = length;
    data.episode[kept] = episode;
    data.task[kept] = task;
    this.keptNll += nll;
    this.steps += length;
    this.kept++;
  }
}

type Store = ReturnType<typeof storeOf>;

function storeOf<State, O extends Space, A extends Space>({ spaces }: EpisodePlayer<State, O, A>, count: number, horizon: number) {
  return {
    observation: leafArrays(spaces.observation, count * (horizon + 1)),
    action: leafArrays(spaces.action, count * horizon),
    event: new Int16Array(count * horizon).fill(-1),
    goal: new Int16Array(count * horizon),
    length: new Uint16Array(count),
    episode: new Float64Array(count),
    task: new Uint16Array(count),
  };
}

/** Copies `count` values of a space, from the `first`-th to the `at`-th. */
function copyRows(space: Space, from: readonly LeafValues[], first: number, to: readonly LeafValues[], at: number, count: number): void {
  leavesOf(space).forEach((leaf, i) => {
    const size = leafSize(leaf.space);
    to[i].set(from[i].subarray(first * size, (first + count) * size), at * size);
  });
}
