/** Episodes of the grid from what they showed: either observation tells the whole layout. */
import type { Recording } from '../recorded.js';
import type { Episodes } from './dataset.js';
import type { GridObservation } from './observation.js';
import { GridTrajectories } from './trajectories.js';

/** The layout `[cells]` and the agent's cell that one observation shows. */
export function shownBy(space: GridObservation, observation: ArrayLike<number>, at: number): { layout: Uint8Array; cell: number } {
  const { world, slots, agentRows, view } = space;
  const { size, colours, walls } = world;
  const cell = observation[at + slots - 1] - agentRows;
  const layout = new Uint8Array(size * size);
  const wall = colours + 1;
  const egocentric = view === 'egocentric';
  const [width, channels] = egocentric ? [2 * size - 1, colours + 2] : [size, colours + walls];
  for (let place = 0; place < slots - 1; place++) {
    const row = observation[at + place];
    if (row < 0) continue;
    const channel = row - place * channels;
    const content = channel < colours ? channel + 1 : wall;
    const x = (place % width) - (egocentric ? size - 1 - (cell % size) : 0);
    const y = Math.floor(place / width) - (egocentric ? size - 1 - Math.floor(cell / size) : 0);
    if (x >= 0 && x < size && y >= 0 && y < size) layout[y * size + x] = content;
  }
  return { layout, cell };
}

export function playedEpisodes(space: GridObservation, recording: Recording): GridTrajectories {
  const { count, horizon, length, observation, action, goal } = recording;
  const [[seen], [moves]] = [observation, action];
  const { world, slots } = space;
  const cells = world.size ** 2;
  const episodes: Episodes = {
    world,
    count,
    horizon,
    layout: new Uint8Array(count * cells),
    position: new Uint16Array(count * (horizon + 1)),
    action: new Uint8Array(count * horizon),
    subgoal: Uint8Array.from(goal ?? new Uint8Array(count * horizon)),
    length,
    task: new Uint16Array(count),
  };
  for (let e = 0; e < count; e++) {
    episodes.layout.set(shownBy(space, seen, e * (horizon + 1) * slots).layout, e * cells);
    for (let t = 0; t <= horizon; t++)
      episodes.position[e * (horizon + 1) + t] = seen[(e * (horizon + 1) + Math.min(t, length[e]) + 1) * slots - 1] - space.agentRows;
    for (let t = 0; t < length[e]; t++) episodes.action[e * horizon + t] = moves[e * horizon + t];
  }
  return new GridTrajectories(space, episodes);
}
