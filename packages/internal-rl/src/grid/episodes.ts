/** What the lab shows of the grid: layouts, cells, drawings. */

import { GRID_NAME, type GridObservation, shownBy, type Trace, type World } from '@coxswain/envs';
import { NotOfferedError } from '@coxswain/lab';
import type { Episodes } from '@coxswain/rl';
import { replay } from '../phases/replay.js';
import type { DrawnEpisode } from '../report/shown-episodes.js';

/** An episode as the grid went through it. */
export interface Replayed {
  /** [cells] */
  readonly layout: readonly number[];
  /** Cell before the first step and after each. */
  readonly path: readonly number[];
  /** Colour touched by each step, −1 for none. */
  readonly visited: readonly number[];
}

/** A batch played again from its actions, to see every cell. @throws NotOfferedError for another world. */
export function replayGrid(environment: World, again: { readonly seed: number; readonly batch: number }, episodes: Episodes): Replayed[] {
  const { observationSpace, name = 'without a name' } = environment;
  if (!('view' in observationSpace)) throw new NotOfferedError(name, 'grid of cells', 'cells', [GRID_NAME]);
  const space = observationSpace as GridObservation;
  const { observation, event } = replay(environment, again, episodes);
  const { length, horizon } = episodes;
  return Array.from(length, (steps, i) => {
    const shown = shownAlong(space, observation[0], i * (horizon + 1), steps);
    return {
      layout: [...shown[0].layout],
      path: shown.map(({ cell }) => cell),
      visited: [...event.subarray(i * horizon, i * horizon + steps)],
    };
  });
}

/** What an episode showed before its first step and after each. @param first place of its first observation. */
const shownAlong = (space: GridObservation, observation: ArrayLike<number>, first: number, steps: number) =>
  Array.from({ length: steps + 1 }, (_, t) => shownBy(space, observation, (first + t) * space.slots));

/** A drawing of one episode; none of another world. */
export function drawGrid(
  { observationSpace }: World,
  { steps, observation, task, switches, success }: Trace,
  title: string,
): DrawnEpisode[] {
  if (!('view' in observationSpace)) return [];
  const space = observationSpace as GridObservation;
  const shown = shownAlong(space, observation as Int32Array, 0, steps);
  const { size, colours } = space.world;
  const path = shown.map(({ cell }) => cell);
  return [{ title, size, layout: [...shown[0].layout], colours, path, task: task === 'free' ? [] : task.events, switches, success }];
}
