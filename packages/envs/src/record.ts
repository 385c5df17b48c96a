/** Demonstrations by an expert who plays the rules of one episode. */
import { CounterRandom, leafArrays, type Space } from '@coxswain/base';
import type { DemonstrationSettings, Task } from './definition.js';
import type { EpisodePlayer } from './episode-player.js';
import type { EpisodeExpert, ExpertView } from './episode-rules.js';
import { EnvError, LONGEST_HORIZON, requireInteger } from './errors.js';
import { RecordedTrajectories, type Recording } from './recorded.js';
import { WORLD_STREAM } from './streams.js';

/** Episodes played between two looks at how far it is. */
const SHARE = 256;

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
    failures = recorder.play(attempt) ? 0 : failures + 1;
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

class EpisodeRecorder<State, O extends Space, A extends Space> {
  kept = 0;
  private readonly data: ReturnType<typeof emptyRecording>;
  private readonly chance: CounterRandom;
  private readonly choice: CounterRandom;
  /** −log probabilities of the episode under way, and of all that are kept. */
  private nll = 0;
  private keptNll = 0;
  private steps = 0;

  constructor(
    private readonly player: EpisodePlayer<State, O, A>,
    private readonly expert: EpisodeExpert<State, A>,
    private readonly how: DemonstrationSettings,
  ) {
    this.data = emptyRecording(player, how);
    this.chance = new CounterRandom(how.seed);
    this.choice = new CounterRandom(how.seed);
  }

  /** Plays one episode into the next row. @returns whether it succeeded, and was kept. */
  play(episode: number): boolean {
    const { data, how, player, kept, chance, choice } = this;
    chance.seek(WORLD_STREAM.task, episode);
    const number = chance.below(how.tasks.length);
    const task = how.tasks[number];
    let state = player.begin(chance, episode, task);
    choice.seek(WORLD_STREAM.expert, episode);
    this.nll = 0;
    const row = kept * how.horizon;
    player.observe(state, data.observation, row + kept, { episode, step: 0 });
    for (let step = 0, progress = 0; step < how.horizon; step++) {
      const at = { episode, step };
      this.act(state, row + step, this.view(task, progress), at);
      const advance = player.step(state, data.action, row + step, { random: chance, task, progress, at });
      data.goal[row + step] = task.events[progress];
      data.event[row + step] = advance.event;
      ({ state, progress } = advance);
      player.observe(state, data.observation, row + kept + step + 1, { episode, step: step + 1 });
      if (!advance.done) continue;
      if (advance.reward > 0) this.keep(episode, number, step + 1);
      return advance.reward > 0;
    }
    return false;
  }

  /** What is kept, cleared of what a failed episode left after it. */
  recording(): Recording {
    const { data, how, kept, steps, keptNll, expert } = this;
    for (let e = 0; e < kept; e++) {
      const [from, to] = [e * how.horizon + data.length[e], (e + 1) * how.horizon];
      data.event.fill(-1, from, to);
      data.goal.fill(0, from, to);
    }
    const known = expert.nll && Number.isFinite(keptNll);
    return { ...data, count: kept, horizon: how.horizon, expertNll: known ? keptNll / steps : undefined };
  }

  private act(state: State, index: number, view: ExpertView, at: { episode: number; step: number }): void {
    const { player, expert, data } = this;
    const action = player.call('the expert', at, () => expert.act(state, view));
    player.refuse(player.actions.write(data.action, index, action, false), at);
    if (expert.nll)
      this.nll += player.call('nll', at, () => expert.nll?.(state, player.actions.read(data.action, index), view) ?? Number.NaN);
  }

  private view(task: Task, progress: number): ExpertView {
    const { noise, ties = 'random' } = this.how;
    return { task, progress, goal: task.events[progress], random: this.choice, noise, ties };
  }

  private keep(episode: number, task: number, length: number): void {
    const { data, kept } = this;
    data.length[kept] = length;
    data.episode[kept] = episode;
    data.task[kept] = task;
    this.keptNll += this.nll;
    this.steps += length;
    this.kept++;
  }
}

function emptyRecording<State, O extends Space, A extends Space>({ spaces }: EpisodePlayer<State, O, A>, how: DemonstrationSettings) {
  const { count, horizon } = how;
  return {
    observation: leafArrays(spaces.observation, count * (horizon + 1)),
    action: leafArrays(spaces.action, count * horizon),
    event: new Int16Array(count * horizon),
    goal: new Int16Array(count * horizon),
    length: new Uint16Array(count),
    episode: new Float64Array(count),
    task: new Uint16Array(count),
  };
}
