import '../testing/house.js';
import { leafValues } from '@coxswain/base';
import { resolve, worldOf } from '@coxswain/lab';
import { expect, test, vi } from 'vitest';
import { ScriptedWorlds } from './scripted-worlds.js';
import { WatchedWorlds } from './watched-worlds.js';

const N = 16;
const config = resolve('grid-mini', []);
const opened = (count = N) => {
  const { open, task } = worldOf(config);
  return open(task(config.reinforce.task), config.reinforce.horizon, count);
};
const standing = new Int32Array(N);
const seen = (world: { observationSpace: never; observation?: never }, observation: unknown) =>
  leafValues(world.observationSpace, observation as never).map((leaf) => Array.from(leaf as Iterable<number>));

test('episodes last as long as an expert’s, whatever is done in them, and every second is rewarded', () => {
  const watched = new WatchedWorlds(config, N);
  const scripted = new ScriptedWorlds(config, N);
  watched.reset(7, { firstEpisode: 3 });
  scripted.reset();
  for (let t = 0; t < config.reinforce.horizon; t++) {
    const [step, expected] = [watched.step(standing as never), scripted.step()];
    expect(step.terminated).toEqual(expected.terminated);
    expect(step.truncated).toEqual(expected.truncated);
    expect(step.reward).toEqual(expected.reward);
  }
});

test('the worlds are stepped in earnest: one that ends early begins again, one that is over moves no more', () => {
  const watched = new WatchedWorlds(config, N);
  const beside = opened();
  const shows = (observation: unknown) => seen(watched as never, observation);
  const begun = shows(watched.reset(7, { firstEpisode: 3 }).observation);
  expect(begun).toEqual(shows(beside.reset(7, { firstEpisode: 3 }).observation));
  const [size] = begun.map((leaf) => leaf.length / N);
  const of = (observation: unknown, i: number) => shows(observation)[0].slice(i * size, (i + 1) * size);
  const early = new Set<number>();
  const over = new Set<number>();
  for (let t = 0; t < config.reinforce.horizon; t++) {
    const before = [...early];
    const [step, own] = [watched.step(standing as never), beside.step(standing as never)];
    for (let i = 0; i < N; i++) {
      if (before.includes(i) || over.has(i)) continue;
      if (step.terminated[i]) over.add(i);
      else if (own.terminated[i]) {
        early.add(i);
        expect(of(step.observation, i)).toEqual(begun[0].slice(i * size, (i + 1) * size));
      } else expect(of(step.observation, i)).toEqual(of(own.observation, i));
    }
  }
  // Going one way all the time meets a wrong colour before an expert is there, now and then.
  expect(early.size).toBeGreaterThan(0);
  expect(over.size).toBeGreaterThan(0);
  expect(watched.seconds).toBeGreaterThan(0);
});

test('worlds whose episodes cannot begin again are refused', () => {
  const { definition } = worldOf(config);
  const open = vi.spyOn(definition, 'open').mockReturnValue({ ...opened(), environments: N } as never);
  try {
    expect(() => new WatchedWorlds(config, N)).toThrow(/has no snapshots/);
  } finally {
    open.mockRestore();
  }
});
