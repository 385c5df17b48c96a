import { CounterRandom, leafSize, leafValues, leavesOf, type Space } from '@coxswain/base';
import { describe, expect, test } from 'vitest';
import { randomActions } from './check/random-actions.js';
import { gridworldPinpad, pointPads, type Reset, type Step, type World, type WorldDefinition } from './index.js';
import { lampCorridor } from './testing/lamp-corridor.js';

const worlds: readonly (readonly [definition: WorldDefinition, settings: object])[] = [
  [gridworldPinpad, gridworldPinpad.presets!['grid-mini']],
  [gridworldPinpad, gridworldPinpad.presets!['grid-paper']],
  [pointPads, {}],
  [lampCorridor, {}],
];

/** Environments stepped together; each gives one snapshot a step. */
const N = 100;
const T = 12;
const SNAPSHOTS = 10_000;

const numbers = (space: Space, values: unknown, i: number): number[] =>
  leavesOf(space).flatMap((leaf, at) => {
    const size = leafSize(leaf.space);
    return Array.from(leafValues(space, values)[at]!.subarray(i * size, (i + 1) * size));
  });

/** All that environment `i` shows. */
const shown = (world: World, step: Reset | Step, i: number): number[] => {
  const flags = 'reward' in step ? [step.reward[i], step.terminated[i], step.truncated[i]] : [];
  return [...numbers(world.observationSpace, step.observation, i), ...flags, step.info.progress![i], step.info.event![i]];
};

const same = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length && Array.prototype.every.call(a, (value, i) => Object.is(value, b[i]));

const numbersOfAll = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i);

describe.each(worlds)('$name', (definition, given) => {
  const settings = definition.settings.parse(given) as never;
  const task = definition.task(settings, definition.defaults(settings).reward.task);
  const open = (environments: number, what: 'free' | typeof task = 'free') =>
    definition.open(settings, { task: what, environments, horizon: T });
  const random = new CounterRandom(9);

  test('10 000 random snapshots are restored bit for bit', () => {
    let compared = 0;
    const differing: string[] = [];
    for (let round = 0; compared < SNAPSHOTS; round++) {
      const [world, other] = [open(N, round % 2 ? task : 'free'), open(N, round % 2 ? task : 'free')];
      const episodes = Float64Array.from({ length: N }, (_, i) => round * N + i);
      world.reset(3, { firstEpisode: round * N });
      other.reset(round, { firstEpisode: 0 });
      const when = Int32Array.from({ length: N }, () => random.below(T));
      const places = Uint32Array.from({ length: N }, (_, i) => i);
      random.shuffle(places);
      const taken: Uint8Array[] = [];
      const log: number[][][] = [];
      for (let t = 0; t < T + 2; t++) {
        when.forEach((at, i) => {
          if (at === t) taken[i] = world.snapshot!(i);
        });
        const step = world.step(randomActions(world.actionSpace, new CounterRandom(1), episodes, t));
        log.push(Array.from(episodes, (_, i) => shown(world, step, i)));
      }
      // Each goes on elsewhere, at a place and beside neighbours of its own.
      for (let t = 0; t < T + 2; t++) {
        when.forEach((at, i) => {
          if (at !== t) return;
          other.restore!(taken[i], [places[i]]);
          if (!same(other.snapshot!(places[i]), taken[i])) differing.push(`state ${round}.${i}`);
        });
        const there = new Float64Array(N);
        places.forEach((place, i) => {
          there[place] = episodes[i];
        });
        const step = other.step(randomActions(world.actionSpace, new CounterRandom(1), there, t));
        places.forEach((place, i) => {
          if (when[i] <= t && !same(shown(other, step, place), log[t][i])) differing.push(`step ${round}.${i}.${t}`);
        });
        compared += when.filter((at) => at === t).length;
      }
    }
    expect(differing).toEqual([]);
    expect(compared).toBeGreaterThanOrEqual(SNAPSHOTS);
  });

  test('1 024 forks of one state are 1 024 single runs', () => {
    const forks = 1024;
    const source = open(1, task);
    source.reset(4, { firstEpisode: 11 });
    for (let t = 0; t < 2; t++) source.step(randomActions(source.actionSpace, random, [11], t));
    const state = source.snapshot!(0);
    const world = open(forks, task);
    world.reset(0, { firstEpisode: 0 });
    const begun = world.restore!(state, numbersOfAll(forks));
    const first = shown(world, begun, 0);
    for (let i = 1; i < forks; i++) expect(shown(world, begun, i)).toEqual(first);
    // Fork i follows the random actions of episode i.
    const log: number[][][] = [];
    for (let t = 2; t < T; t++) {
      const step = world.step(randomActions(world.actionSpace, random, numbersOfAll(forks), t));
      log.push(Array.from({ length: forks }, (_, i) => shown(world, step, i)));
    }
    const differing: number[] = [];
    for (let i = 0; i < forks; i++) {
      source.restore!(state, [0]);
      for (let t = 2; t < T; t++) {
        const step = source.step(randomActions(source.actionSpace, random, [i], t));
        if (!same(shown(source, step, 0), log[t - 2][i])) differing.push(i);
      }
    }
    expect(differing).toEqual([]);
  });

  test('bytes of something else, and environments that are not there, are refused', () => {
    const world = open(2);
    expect(() => world.snapshot!(0)).toThrow(expect.objectContaining({ code: 'not-reset' }));
    world.reset(0, { firstEpisode: 0 });
    const state = world.snapshot!(0);
    expect(() => world.restore!(state, [2])).toThrow(expect.objectContaining({ code: 'bad-argument' }));
    expect(() => world.snapshot!(-1)).toThrow(expect.objectContaining({ code: 'bad-argument' }));
    for (const bytes of [new Uint8Array(0), state.subarray(0, state.length - 1), new Uint8Array(state.length).fill(255)])
      expect(() => world.restore!(bytes, [0])).toThrow(expect.objectContaining({ code: 'bad-argument' }));
    expect(world.snapshot!(0)).toEqual(state);
  });
});
