import { describe, expect, test } from 'vitest';
import {
  allocentric,
  applySymmetries,
  CounterRandom,
  egocentric,
  GRID_MINI,
  GridTrajectories,
  GridworldPinpad,
  gatherEpisodes,
  generateExpertEpisodes,
  gridPresets,
  gridSettings,
  gridworldPinpad,
  observeEpisodes,
  PAPER_PAIRS,
  randomSymmetries,
  resultOf,
  squareSymmetries,
  touchedColours,
} from '../index.js';

const mini = gridSettings.parse(gridPresets['grid-mini']);
const { world } = GRID_MINI;
const tasks = GRID_MINI.pretraining.map((text) => gridworldPinpad.task(mini, text));
const expertSettings = { world, tasks: GRID_MINI.pretraining, epsilon: 0.1, horizon: 24, count: 60, seed: 5 };
const how = { tasks, horizon: 24, count: 60, seed: 5, noise: 0.1 };

function demonstrations(): GridTrajectories {
  const made = resultOf(gridworldPinpad.demonstrations!(mini, how));
  if (!(made instanceof GridTrajectories)) throw new Error('trajectories of another world');
  return made;
}

test('presets choose the tasks of their papers', () => {
  const small = gridSettings.parse(gridPresets['grid-small']);
  const [reward, longer] = [
    { task: '0123', horizon: 48 },
    { task: '01230123', horizon: 96 },
  ];
  expect(gridworldPinpad.defaults(mini)).toEqual({ tasks: GRID_MINI.pretraining, horizon: 24, reward, longer });
  const pairs = { tasks: PAPER_PAIRS.pretraining, horizon: 100, reward: { task: '012345670123', horizon: 100 } };
  expect(gridworldPinpad.defaults(small)).toEqual(pairs);
  for (let colours = 1; colours <= 10; colours++) {
    const settings = { ...small, colours };
    const { tasks, reward } = gridworldPinpad.defaults(settings);
    expect(tasks.length).toBeGreaterThan(0);
    for (const text of [...tasks, reward.task]) expect(gridworldPinpad.task(settings, text).text).toBe(text);
  }
});

test('spaces follow the settings', () => {
  const { observation, action, events, predicted } = gridworldPinpad.spaces(mini);
  expect(observation).toMatchObject({ kind: 'rows', rows: egocentric(world).rows });
  expect(gridworldPinpad.spaces({ ...mini, observation: 'allocentric' }).observation).toMatchObject({ rows: allocentric(world).rows });
  expect(action).toEqual({ kind: 'discrete', count: 4 });
  expect(predicted).toEqual({ kind: 'discrete', count: 16 });
  expect(events).toEqual(['colour 0', 'colour 1', 'colour 2', 'colour 3']);
});

test('what cannot be is refused', () => {
  expect(() => gridworldPinpad.check!({ ...mini, walls: 12 })).toThrow(
    expect.objectContaining({ code: 'bad-setting', value: 'world.size = 4', expected: expect.stringContaining('17 cells') }),
  );
  expect(() => gridworldPinpad.task(mini, '04')).toThrow(expect.objectContaining({ code: 'bad-task' }));
});

test('plays the same episodes as the class', () => {
  const opened = gridworldPinpad.open(mini, { task: tasks[0], environments: 6, horizon: 10 });
  const direct = new GridworldPinpad({ world, tasks: [GRID_MINI.pretraining[0]], horizon: 10, environments: 6 });
  expect(opened.reset(3, { firstEpisode: 2 }).observation).toEqual(direct.reset(3, { firstEpisode: 2 }).observation);
  const random = new CounterRandom(1);
  for (let t = 0; t < 10; t++) {
    const actions = Int32Array.from({ length: 6 }, () => random.below(4));
    expect(opened.step(actions)).toEqual(direct.step(actions));
  }
});

describe('demonstrations', () => {
  const episodes = generateExpertEpisodes(expertSettings);
  const shown = demonstrations();
  const index = [7, 0, 59, 31, 31];
  const batch = gatherEpisodes(episodes, index);
  const { steps, size, layout, position, action } = batch;

  test('are the episodes of the expert', () => expect(shown.episodes).toEqual(episodes));

  test('show what a batch of them shows, the final observation included', () => {
    const space = egocentric(world);
    expect(shown.observe(index, steps)).toEqual(observeEpisodes(space, layout, position, steps + 1));
    expect(shown.actions(index, steps)).toEqual(action);
    const next = Int32Array.from({ length: size * steps }, (_, i) => position[Math.floor(i / steps) * (steps + 1) + (i % steps) + 1]);
    expect(shown.predicted(index, steps)).toEqual(next);
    const seen = position.filter((_, i) => i % (steps + 1) < steps);
    const withoutFinal = shown.observe(index, steps).filter((_, i) => Math.floor(i / space.slots) % (steps + 1) < steps);
    expect(withoutFinal).toEqual(observeEpisodes(space, layout, seen, steps));
  });

  test('say of an observation which cell it is of', () => {
    for (const observation of ['egocentric', 'allocentric'] as const) {
      const settings = { ...mini, observation };
      const space = observation === 'egocentric' ? egocentric(world) : allocentric(world);
      const seen = observeEpisodes(space, layout, position, steps + 1);
      const cells = Array.from(position, (_, i) =>
        gridworldPinpad.views!(settings).predicted!(seen.subarray(i * space.slots, (i + 1) * space.slots)),
      );
      expect(cells).toEqual(Array.from(position));
    }
  });

  test('turn as their worlds turn', () => {
    const which = randomSymmetries(3, 4, size);
    const turned = applySymmetries(squareSymmetries(world.size), which, batch);
    expect(shown.observe(index, steps, which)).toEqual(observeEpisodes(egocentric(world), turned.layout, turned.position, steps + 1));
    const real = Int32Array.from(turned.action, (move, i) => (i % steps < batch.length[Math.floor(i / steps)] ? move : 0));
    expect(shown.actions(index, steps, which)).toEqual(real);
  });

  test('label visits and what is under way', () => {
    const touched = touchedColours({ ...episodes, steps: 24 }, world.colours);
    for (let e = 0; e < 60; e++) {
      const visits = Array.from(shown.event.subarray(e * 24, e * 24 + 24)).filter((colour) => colour >= 0);
      expect(visits).toEqual(Array.from(touched.colour.subarray(e * 24, e * 24 + touched.count[e])));
      expect(shown.event[e * 24 + shown.length[e] - 1]).toBe(Number(GRID_MINI.pretraining[episodes.task[e]].at(-1)));
    }
    expect(Array.from(shown.goal)).toEqual(Array.from(episodes.subgoal));
  });
});
