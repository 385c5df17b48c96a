/** What worlds have to keep while they are played. */
import { leafValues, leavesOf, type Space } from '@coxswain/base';
import { ValueAccess } from '../values.js';
import type { Reset, Step, World } from '../world.js';
import { type Checked, complaint, difference, type Frame, framesOf, openWorld, play, type Rule } from './rule.js';

export const playingRules: readonly Rule[] = [
  { rule: 'observations are of the declared space', broken: strangeObservation },
  { rule: 'rewards, flags, events and progress are one for each environment, and such', broken: strangeNumbers },
  { rule: 'an episode is the same however many are played', broken: episodesDiffer },
  { rule: 'a reset forgets what was played', broken: resetRemembers },
  { rule: 'nothing changes after the end of an episode', broken: movesAfterEnd },
  { rule: 'the horizon cuts episodes', broken: badCut },
  { rule: 'a free episode has neither reward nor end before the horizon', broken: freeEnds },
  { rule: 'actions beyond bounds count as those at the bounds', broken: notClipped },
];

/** Walks over both kinds of episodes. */
function findInPlay(checked: Checked, find: (world: World, step: Reset | Step, at: number) => string | undefined): string | undefined {
  for (const task of [checked.task, 'free'] as const) {
    const world = openWorld(checked, { task });
    let at = 0;
    for (const step of play(world)) {
      const found = find(world, step, at++);
      if (found) return found;
    }
  }
  return undefined;
}

function strangeObservation(checked: Checked): string | undefined {
  const access = new ValueAccess(checked.spaces.observation, 'observation');
  return findInPlay(checked, (world, { observation }, step) => {
    const mismatch = access.find(leafValues(checked.spaces.observation, observation), world.environments);
    return mismatch && complaint(checked, { episode: mismatch.index, step }, mismatch);
  });
}

/** What each number of an environment has to be. */
function strangeNumbers(checked: Checked): string | undefined {
  const { length } = checked.spaces.events;
  const isFlag = (value: number) => value === 0 || value === 1;
  return findInPlay(checked, (world, step, at) => {
    const lists: [string, ArrayLike<number> | undefined, (value: number) => boolean, string][] = [
      [
        'event',
        step.info.event,
        (value) => Number.isInteger(value) && value >= -1 && value < length,
        `−1 or an event from 0 to ${length - 1}`,
      ],
      ['progress', step.info.progress, (value) => value >= 0 && Number.isFinite(value), 'a number of at least 0'],
    ];
    if ('reward' in step)
      lists.push(
        ['reward', step.reward, Number.isFinite, 'a finite number'],
        ['terminated', step.terminated, isFlag, '0 or 1'],
        ['truncated', step.truncated, isFlag, '0 or 1'],
      );
    for (const [what, list, accepts, expected] of lists) {
      if (!list) continue;
      if (list.length !== world.environments)
        return complaint(checked, { episode: 0, step: at }, { what, given: `${list.length} numbers`, expected: world.environments });
      const episode = Array.prototype.findIndex.call(list, (value: number) => !accepts(value));
      if (episode >= 0) return complaint(checked, { episode, step: at }, { what, given: list[episode], expected });
    }
    return undefined;
  });
}

/** The first difference between frames of the same episodes. */
function firstDifference(checked: Checked, given: readonly Frame[][], expected: readonly Frame[][], firstEpisode = 0): string | undefined {
  for (let i = 0; i < given.length; i++)
    for (let step = 0; step < given[i].length; step++) {
      const found = difference(given[i][step], expected[i][step]);
      if (found) return complaint(checked, { episode: firstEpisode + i, step }, found);
    }
  return undefined;
}

function episodesDiffer(checked: Checked): string | undefined {
  const together = framesOf(openWorld(checked));
  for (const [environments, firstEpisode] of [
    [1, 0],
    [3, 0],
    [1, 5],
    [3, 5],
  ]) {
    const frames = framesOf(openWorld(checked, { environments }), { firstEpisode });
    const found = firstDifference(checked, frames, together.slice(firstEpisode, firstEpisode + environments), firstEpisode);
    if (found) return `${found}, as among 8 (played: ${environments} from episode ${firstEpisode})`;
  }
  return undefined;
}

function resetRemembers(checked: Checked): string | undefined {
  const world = openWorld(checked);
  const first = framesOf(world);
  framesOf(world, { seed: 2, firstEpisode: 100 });
  return firstDifference(checked, framesOf(world), first);
}

/** Step at which an episode was over, or its last. */
function endOf(frames: readonly Frame[]): number {
  const end = frames.findIndex(({ terminated, truncated }) => terminated || truncated);
  return end < 0 ? frames.length - 1 : end;
}

function movesAfterEnd(checked: Checked): string | undefined {
  const log = [...framesOf(openWorld(checked)), ...framesOf(openWorld(checked, { task: 'free' }))];
  for (const [i, frames] of log.entries()) {
    const end = endOf(frames);
    for (let step = end + 1; step < frames.length; step++) {
      const found = difference(frames[step], { ...frames[end], reward: 0, event: -1 });
      if (found) return `${complaint(checked, { episode: i % 8, step }, found)}, as it was over at step ${end}`;
    }
  }
  return undefined;
}

function badCut(checked: Checked): string | undefined {
  const { horizon } = checked;
  for (const [episode, frames] of [...framesOf(openWorld(checked)), ...framesOf(openWorld(checked, { task: 'free' }))].entries()) {
    const early = frames.findIndex(({ truncated }, step) => truncated && step < horizon);
    if (early >= 0)
      return complaint(
        checked,
        { episode: episode % 8, step: early },
        { what: 'truncated', given: 1, expected: `0 before the horizon, ${horizon}` },
      );
    const { terminated, truncated } = frames[horizon];
    if (!terminated && !truncated)
      return complaint(checked, { episode: episode % 8, step: horizon }, { what: 'truncated', given: 0, expected: '1 at the horizon' });
  }
  return undefined;
}

function freeEnds(checked: Checked): string | undefined {
  for (const [episode, frames] of framesOf(openWorld(checked, { task: 'free' })).entries())
    for (const [step, { terminated, reward }] of frames.entries()) {
      if (terminated) return complaint(checked, { episode, step }, { what: 'terminated', given: 1, expected: 0 });
      if (reward !== 0) return complaint(checked, { episode, step }, { what: 'reward', given: reward, expected: 0 });
    }
  return undefined;
}

/** Moves every number of bounded boxes out of its bounds, or onto the nearer one. */
function pushOut(space: Space, values: unknown, beyond: boolean): unknown {
  leavesOf(space).forEach((leaf, at) => {
    const array = leafValues(space, values)[at];
    if (leaf.space.kind !== 'box' || leaf.space.type !== 'f32' || !array) return;
    const { low, high } = leaf.space;
    if (low === undefined || high === undefined) return;
    for (let i = 0; i < array.length; i++) {
      const up = array[i] > (low + high) / 2;
      array[i] = (up ? high : low) + (beyond ? (up ? 1 : -1) * (high - low) : 0);
    }
  });
  return values;
}

function notClipped(checked: Checked): string | undefined {
  const { action } = checked.spaces;
  const played = (beyond: boolean) => framesOf(openWorld(checked), { actions: (values) => pushOut(action, values, beyond) });
  return firstDifference(checked, played(true), played(false));
}
