import { describe, expect, test } from 'vitest';
import { bayesFloor, type ColourSequence, type Episodes, Expert, GRID_MINI, generateExpertEpisodes, PAPER_PAIRS } from '../index.js';

const { world, pretraining: tasks, horizon } = GRID_MINI;
const clean = generateExpertEpisodes({ world, tasks, horizon, epsilon: 0, count: 8000, seed: 21 });
const noisy = generateExpertEpisodes({ world, tasks, horizon, epsilon: 0.1, count: 8000, seed: 22 });
/** Four standard errors of this sample, and of the sample of 4000 episodes that the published numbers come from. */
const within = (error: number, count: number) => 4 * error * Math.sqrt(1 + count / 4000);

describe('the published floors of grid-mini, which take the expert at its word', () => {
  test('epsilon 0: 0.445 nats, 0.135 given the subgoal, an ideal observer names it 0.66 of the time', () => {
    const floor = bayesFloor(clean, { tasks, epsilon: 0, givenSuccess: false });
    expect(Math.abs(floor.nll - 0.445)).toBeLessThan(within(floor.nllError, clean.count));
    expect(Math.abs(floor.nllGivenSubgoal - 0.135)).toBeLessThan(within(floor.nllGivenSubgoalError, clean.count));
    expect(Math.abs(floor.subgoalAccuracy - 0.66)).toBeLessThan(within(floor.subgoalAccuracyError, clean.count) + 0.005);
    expect(floor.nllError).toBeLessThan(0.005);
  });
  test('epsilon 0.1: 0.718 nats', () => {
    const floor = bayesFloor(noisy, { tasks, epsilon: 0.1, givenSuccess: false });
    expect(Math.abs(floor.nll - 0.718)).toBeLessThan(within(floor.nllError, noisy.count));
    expect(floor.nllError).toBeLessThan(0.005);
  });
});

test('knowing that failures were dropped lowers the floor, and a wrong epsilon or list of tasks raises it', () => {
  const some = { ...noisy, count: 1000 };
  const floor = bayesFloor(some, { tasks, epsilon: 0.1 }).nll;
  expect(bayesFloor(some, { tasks, epsilon: 0.1, givenSuccess: false }).nll).toBeGreaterThan(floor);
  expect(bayesFloor(some, { tasks, epsilon: 0.3 }).nll).toBeGreaterThan(floor);
  expect(bayesFloor(some, { tasks: [...tasks, '012', '123', '010', '121'], epsilon: 0.1 }).nll).toBeGreaterThan(floor);
});

/**
 * One episode's −log p(actions | success), step by step, by playing every sequence of moves that every task's expert
 * could make.
 */
function enumeratedNll(list: readonly ColourSequence[], epsilon: number, episode: Episodes): number {
  const expert = new Expert(episode.world, epsilon);
  expert.plan(episode.layout);
  const paths: { actions: string; p: number }[] = [];
  const play = (task: number[], cell: number, actions: string, p: number): void => {
    if (task.length === 0) paths.push({ actions, p });
    else if (actions.length < episode.horizon) {
      for (let move = 0; move < 4; move++) {
        const chance = expert.probability(cell, task[0], move);
        const visited = expert.visits(cell, move);
        if (chance === 0 || (visited >= 0 && visited !== task[0])) continue;
        play(visited >= 0 ? task.slice(1) : task, expert.next(cell, move), actions + move, p * chance);
      }
    }
  };
  for (const task of list) play(Array.from(task as string, Number), episode.position[0], '', 1);
  const taken = Array.from(episode.action.subarray(0, episode.length[0])).join('');
  let nll = 0;
  for (let t = 0; t < taken.length; t++) {
    // Among histories so far that are not over yet: the next move's share.
    let among = 0;
    let with_ = 0;
    for (const { actions, p } of paths) {
      if (actions.length <= t || !actions.startsWith(taken.slice(0, t))) continue;
      among += p;
      if (actions[t] === taken[t]) with_ += p;
    }
    nll -= Math.log(with_ / among);
  }
  return nll;
}

test.each([0, 0.25])('is what enumerating every possible episode gives, with tasks of different lengths (epsilon %f)', (epsilon) => {
  const list = ['01', '10', '0', '101'];
  const settings = { world: { size: 3, colours: 2, walls: 1 }, tasks: list, horizon: 6, epsilon };
  const data = generateExpertEpisodes({ ...settings, count: 25, seed: 5 });
  for (let e = 0; e < data.count; e++) {
    const episode: Episodes = {
      ...data,
      count: 1,
      layout: data.layout.subarray(e * 9, e * 9 + 9),
      position: data.position.subarray(e * 7, e * 7 + 7),
      action: data.action.subarray(e * 6, e * 6 + 6),
      subgoal: data.subgoal.subarray(e * 6, e * 6 + 6),
      length: data.length.subarray(e, e + 1),
      task: data.task.subarray(e, e + 1),
    };
    const floor = bayesFloor(episode, { tasks: list, epsilon });
    expect(floor.nll * floor.actions).toBeCloseTo(enumeratedNll(list, epsilon, episode), 9);
  }
});

test('given the only task, the floor is the expert itself, subgoal told or not', () => {
  const one = generateExpertEpisodes({ world, tasks: ['032'], horizon, epsilon: 0.1, count: 50, seed: 6 });
  const floor = bayesFloor(one, { tasks: ['032'], epsilon: 0.1, givenSuccess: false });
  const expert = new Expert(world, 0.1);
  let sum = 0;
  for (let e = 0; e < one.count; e++) {
    expert.plan(one.layout.subarray(e * 16, e * 16 + 16));
    for (let t = 0; t < one.length[e]; t++) {
      sum -= Math.log(expert.probability(one.position[e * (horizon + 1) + t], one.subgoal[e * horizon + t], one.action[e * horizon + t]));
    }
  }
  expect(floor.nll).toBeCloseTo(sum / floor.actions, 10);
  expect(floor.nllGivenSubgoal).toBeCloseTo(floor.nll, 10);
  expect(floor.subgoalAccuracy).toBe(1);
});

test('skills are named by pairs where colours belong to pairs', () => {
  const pairs = generateExpertEpisodes({
    world: PAPER_PAIRS.world,
    tasks: PAPER_PAIRS.pretraining,
    horizon: 100,
    epsilon: 0,
    count: 100,
    seed: 7,
  });
  const settings = { tasks: PAPER_PAIRS.pretraining, epsilon: 0, givenSuccess: false };
  const byPair = bayesFloor(pairs, { ...settings, skillOfColour: PAPER_PAIRS.skillOfColour });
  const byColour = bayesFloor(pairs, settings);
  expect(byPair.nll).toBe(byColour.nll);
  expect(byPair.nllGivenSubgoal).toBeLessThan(byPair.nll);
  expect(byPair.subgoalAccuracy).toBeGreaterThanOrEqual(byColour.subgoalAccuracy);
});

test('data that no task explains is refused', () => {
  expect(() => bayesFloor(clean, { tasks: ['0123'], epsilon: 0 })).toThrow(expect.objectContaining({ code: 'impossible-episode' }));
});
