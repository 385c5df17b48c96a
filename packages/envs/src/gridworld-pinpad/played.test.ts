/** Episodes read back from what they showed are the episodes that were recorded. */
import { describe, expect, test } from 'vitest';
import {
  allocentric,
  egocentric,
  GRID_MINI,
  GridTrajectories,
  generateExpertEpisodes,
  PAPER_PAIRS,
  playedEpisodes,
  shownBy,
} from '../index.js';

describe.each([
  ['the small grid, egocentric', GRID_MINI, egocentric],
  ['the small grid, allocentric', GRID_MINI, allocentric],
  ['the pairs, egocentric', PAPER_PAIRS, egocentric],
  ['the pairs, allocentric', PAPER_PAIRS, allocentric],
])('%s', (_, { world, pretraining: tasks, horizon }, view) => {
  const space = view(world);
  const episodes = generateExpertEpisodes({ world, tasks, horizon, epsilon: 0.1, count: 20, seed: 4 });
  const all = [...Array(20).keys()];
  const recorded = new GridTrajectories(space, episodes);
  const observation = recorded.observe(all, horizon);
  const cells = world.size ** 2;

  test('an observation tells layout and cell', () => {
    for (const e of all)
      for (const t of [0, Math.floor(episodes.length[e] / 2), episodes.length[e]]) {
        const { layout, cell } = shownBy(space, observation, (e * (horizon + 1) + t) * space.slots);
        expect(cell).toBe(episodes.position[e * (horizon + 1) + t]);
        expect(layout).toEqual(episodes.layout.slice(e * cells, (e + 1) * cells));
      }
  });

  test('and the trajectories made of them are those, turned too', () => {
    const { length, goal } = recorded;
    const played = playedEpisodes(space, {
      count: 20,
      horizon,
      length,
      observation: [observation],
      action: [recorded.actions(all, horizon)],
      goal,
    });
    const turned = all.map((e) => e % 8);
    expect(played.observe(all, horizon, turned)).toEqual(recorded.observe(all, horizon, turned));
    expect(played.actions(all, horizon, turned)).toEqual(recorded.actions(all, horizon, turned));
    expect(played.event).toEqual(recorded.event);
    expect(played.goal).toEqual(recorded.goal);
    expect(played.coordinates(3, 2)).toEqual(recorded.coordinates(3, 2));
  });
});
