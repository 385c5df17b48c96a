/** Expert episodes of the grid as any world's trajectories. */
import type { DiscreteSpace } from '@coxswain/base';
import type { Trajectories } from '../trajectories.js';
import type { Episodes } from './dataset.js';
import { type GridObservation, observeEpisodes } from './observation.js';
import { type Symmetry, squareSymmetries } from './symmetry.js';

export class GridTrajectories implements Trajectories<GridObservation, DiscreteSpace> {
  readonly actionSpace = { kind: 'discrete', count: 4 } as const;
  readonly count: number;
  readonly horizon: number;
  readonly length: Uint16Array;
  private visits: Int16Array | undefined;
  private subgoals: Int16Array | undefined;
  private readonly cells: number;
  private readonly symmetries: readonly Symmetry[];

  /** @param episodes what is recorded, layouts and cells included. */
  constructor(
    readonly observationSpace: GridObservation,
    readonly episodes: Episodes,
  ) {
    const { world, count, horizon, length } = episodes;
    this.count = count;
    this.horizon = horizon;
    this.length = length.subarray(0, count);
    this.cells = world.size ** 2;
    this.symmetries = squareSymmetries(world.size);
  }

  // Labels of a million episodes are hundreds of megabytes: they are made for those who ask.
  get event(): Int16Array {
    this.visits ??= visitsOf(this.episodes);
    return this.visits;
  }

  get goal(): Int16Array {
    this.subgoals ??= Int16Array.from(this.episodes.subgoal.subarray(0, this.count * this.horizon));
    return this.subgoals;
  }

  observe(episodes: ArrayLike<number>, steps: number, turned?: ArrayLike<number>): Int32Array {
    const layout = new Uint8Array(episodes.length * this.cells);
    for (let i = 0; i < episodes.length; i++) this.writeLayout(episodes[i], layout, i * this.cells, turned && this.symmetries[turned[i]]);
    return observeEpisodes(this.observationSpace, layout, this.positions(episodes, 0, steps + 1, turned), steps + 1);
  }

  actions(episodes: ArrayLike<number>, steps: number, turned?: ArrayLike<number>): Int32Array {
    const { action, horizon } = this.episodes;
    const actions = new Int32Array(episodes.length * steps);
    for (let i = 0; i < episodes.length; i++) {
      const e = episodes[i];
      const symmetry = turned && this.symmetries[turned[i]];
      for (let t = 0; t < Math.min(steps, this.length[e]); t++) {
        const move = action[e * horizon + t];
        actions[i * steps + t] = symmetry ? symmetry.action[move] : move;
      }
    }
    return actions;
  }

  /** The agent's next cell. */
  predicted(episodes: ArrayLike<number>, steps: number, turned?: ArrayLike<number>): Int32Array {
    return this.positions(episodes, 1, steps, turned);
  }

  /** Column and row. */
  coordinates(episode: number, steps: number): readonly [number, number] {
    const { position, horizon, world } = this.episodes;
    const cell = position[episode * (horizon + 1) + steps];
    return [cell % world.size, Math.floor(cell / world.size)];
  }

  /** `[B, steps]` the agent's cells from step `first` on; after the end, the last one again. */
  private positions(episodes: ArrayLike<number>, first: number, steps: number, turned?: ArrayLike<number>): Int32Array {
    const { position, horizon } = this.episodes;
    const cells = new Int32Array(episodes.length * steps);
    for (let i = 0; i < episodes.length; i++) {
      const e = episodes[i];
      const symmetry = turned && this.symmetries[turned[i]];
      for (let t = 0; t < steps; t++) {
        const cell = position[e * (horizon + 1) + Math.min(first + t, this.length[e])];
        cells[i * steps + t] = symmetry ? symmetry.cell[cell] : cell;
      }
    }
    return cells;
  }

  private writeLayout(episode: number, out: Uint8Array, at: number, symmetry?: Symmetry): void {
    const { layout } = this.episodes;
    for (let cell = 0; cell < this.cells; cell++) out[at + (symmetry ? symmetry.cell[cell] : cell)] = layout[episode * this.cells + cell];
  }
}

/** `[N·T]` the colour that each step visited, −1 for none: a coloured cell entered from another cell. */
function visitsOf({ world, count, horizon, layout, position, length }: Episodes): Int16Array {
  const cells = world.size ** 2;
  const visited = new Int16Array(count * horizon).fill(-1);
  for (let e = 0; e < count; e++) {
    for (let t = 0; t < length[e]; t++) {
      const at = e * (horizon + 1) + t;
      const content = layout[e * cells + position[at + 1]];
      if (position[at + 1] !== position[at] && content > 0 && content <= world.colours) visited[e * horizon + t] = content - 1;
    }
  }
  return visited;
}
