import { CounterRandom } from '@coxswain/base';
import { EnvError, LONGEST_HORIZON, requireInteger } from '../errors.js';
import { WORLD_STREAM } from '../streams.js';
import { resultOf } from '../trajectories.js';
import { Expert, type Ties } from './expert.js';
import { type GridSize, LayoutSampler } from './layout.js';
import { type ColourSequence, parseTask } from './tasks.js';

/** Episodes of one world in flat arrays, `N` of them, padded to `T` steps. */
export type Episodes = {
  readonly world: GridSize;
  /** N. With a smaller one, `{ ...episodes, count }`, the first of them. */
  readonly count: number;
  /** T. */
  readonly horizon: number;
  /** `[N, cells]`: 0 empty, 1 … O colours, O+1 a wall. */
  readonly layout: Uint8Array;
  /** `[N, T+1]` the agent's cell; after the end, the last one again. */
  readonly position: Uint16Array;
  /** `[N, T]` moves; after the end, 0. */
  readonly action: Uint8Array;
  /** `[N, T]` the colour under way at each step, never shown to a model; after the end, 0. */
  readonly subgoal: Uint8Array;
  /** `[N]` steps. */
  readonly length: Uint16Array;
  /** `[N]` number of the task in the list. */
  readonly task: Uint16Array;
};

export type ExpertEpisodes = Episodes & {
  /** `[N]` number of the episode within the seed. */
  readonly episode: Float64Array;
  /** Episodes played for these: the rest did not finish their task in time. */
  readonly attempts: number;
};

export type ExpertSettings = {
  readonly world: GridSize;
  readonly tasks: readonly ColourSequence[];
  /** ε: share of moves replaced by noise, see `Expert`. */
  readonly epsilon: number;
  /** Which of several shortest ways the expert takes; any of them by default. */
  readonly ties?: Ties;
  /** T: longer episodes are dropped. */
  readonly horizon: number;
  /** N: successful episodes wanted. */
  readonly count: number;
  readonly seed: number;
};

/** Episodes played between two looks at how far it is. */
const SHARE = 256;

/**
 * Plays the expert from episode 0 of the seed on and keeps the first `count` successful episodes. Which they are does
 * not depend on `count`: a smaller dataset of the same seed is the beginning of a larger one.
 * @throws EnvError where a setting cannot be, or `impossible-episode` where a thousand episodes in a row failed.
 */
export const generateExpertEpisodes = (settings: ExpertSettings): ExpertEpisodes => resultOf(expertEpisodes(settings));

/**
 * The same a share at a time, for callers that have other things to do in between.
 * @returns a generator that yields how many episodes are kept so far, and in the end gives them.
 * @throws like `generateExpertEpisodes`.
 */
export function* expertEpisodes(settings: ExpertSettings): Generator<number, ExpertEpisodes> {
  const { world, epsilon, ties, horizon, count, seed } = settings;
  requireInteger('horizon', horizon, 1, LONGEST_HORIZON);
  requireInteger('count', count, 1);
  if (settings.tasks.length === 0) throw new EnvError('bad-task', 'the list of tasks is empty', 'at least one task', 'pass tasks');
  const tasks = settings.tasks.map((task) => parseTask(task, world.colours));
  const sampler = new LayoutSampler(world);
  const expert = new Expert(world, epsilon, ties);
  const random = new CounterRandom(seed);
  const { cells, neighbours } = sampler;
  const data = {
    layout: new Uint8Array(count * cells),
    position: new Uint16Array(count * (horizon + 1)),
    action: new Uint8Array(count * horizon),
    subgoal: new Uint8Array(count * horizon),
    length: new Uint16Array(count),
    task: new Uint16Array(count),
    episode: new Float64Array(count),
  };
  const layout = new Uint8Array(cells);
  let kept = 0;
  let attempts = 0;
  for (let lastKept = 0; kept < count; attempts++) {
    if (attempts - lastKept > 1000) {
      throw new EnvError(
        'impossible-episode',
        `1000 episodes in a row did not finish their task in ${horizon} steps`,
        'a horizon that the expert can keep',
        'raise the horizon or lower epsilon',
      );
    }
    if (attempts % SHARE === SHARE - 1) yield kept;
    random.seek(WORLD_STREAM.layout, attempts);
    let cell = sampler.sample(random, layout);
    random.seek(WORLD_STREAM.task, attempts);
    const taskNumber = random.below(tasks.length);
    const task = tasks[taskNumber];
    random.seek(WORLD_STREAM.expert, attempts);
    expert.plan(layout);
    const at = kept * horizon;
    const positionAt = kept * (horizon + 1);
    data.position[positionAt] = cell;
    let step = 0;
    let progress = 0;
    while (step < horizon && progress < task.length) {
      const goal = task[progress];
      const action = expert.sample(cell, goal, random);
      data.action[at + step] = action;
      data.subgoal[at + step] = goal;
      const next = neighbours[cell * 4 + action];
      const content = layout[next];
      if (next !== cell && content !== world.colours + 1) {
        cell = next;
        // The expert enters another colour only where every move does; such an episode is not kept.
        if (content === goal + 1) progress++;
        else if (content > 0) break;
      }
      step++;
      data.position[positionAt + step] = cell;
    }
    if (progress < task.length) continue;
    data.position.fill(cell, positionAt + step, positionAt + horizon + 1);
    data.action.fill(0, at + step, at + horizon);
    data.subgoal.fill(0, at + step, at + horizon);
    data.layout.set(layout, kept * cells);
    data.length[kept] = step;
    data.task[kept] = taskNumber;
    data.episode[kept] = attempts;
    lastKept = attempts;
    kept++;
  }
  return { world, count, horizon, ...data, attempts };
}
