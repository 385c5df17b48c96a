/** What the lab shows of the grid: layouts, cells, drawings. */
import { GRID_NAME, type GridObservation, type GridworldPinpad, shownBy, type Trace, type World } from '@coxswain/envs';
import type { Episodes } from '@coxswain/rl';
import { NotOfferedError } from '../errors.js';
import { actionsAt } from '../phases/replay.js';
import type { DrawnEpisode } from '../report/data.js';

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
export function replayGrid(
  environment: World,
  again: { readonly seed: number; readonly batch: number },
  { action, length, horizon }: Episodes,
): Replayed[] {
  const { environments, observationSpace, actionSpace } = environment;
  const space = observationSpace as GridObservation;
  if (!('view' in space)) throw new NotOfferedError(environment.name ?? 'without a name', 'grid of cells', 'cells', [GRID_NAME]);
  const grid = environment as GridworldPinpad;
  const { observation, info } = grid.reset(again.seed, { firstEpisode: again.batch * environments });
  const seen = Array.from({ length: environments }, (_, i) => ({
    layout: [...shownBy(space, observation, i * space.slots).layout],
    path: [info.position[i]],
    visited: [] as number[],
  }));
  for (let t = 0; t < horizon; t++) {
    grid.step(actionsAt(actionSpace, action, horizon, t)[0]);
    for (const [i, { path, visited }] of seen.entries()) {
      if (t >= length[i]) continue;
      path.push(info.position[i]);
      visited.push(info.visited[i]);
    }
  }
  return seen;
}

/** A drawing of one episode; none of another world. */
export function drawGrid(
  { observationSpace }: World,
  { steps, observation, task, switches, success }: Trace,
  title: string,
): DrawnEpisode[] {
  if (!('view' in observationSpace)) return [];
  const space = observationSpace as GridObservation;
  const seen = observation as Int32Array;
  const shown = Array.from({ length: steps + 1 }, (_, t) => shownBy(space, seen, t * space.slots));
  const { size, colours } = space.world;
  const path = shown.map(({ cell }) => cell);
  return [{ title, size, layout: [...shown[0].layout], colours, path, task: task === 'free' ? [] : task.events, switches, success }];
}
