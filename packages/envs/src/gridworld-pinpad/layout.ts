import type { RandomSource } from '@coxswain/base';
import { EnvError } from '../errors.js';

/** A grid of `size`×`size` cells with `colours` coloured cells and `walls` walls, each in a cell of its own. */
export type GridSize = { readonly size: number; readonly colours: number; readonly walls: number };

/** The four moves, in the order of the action numbers 0 … 3. */
export const MOVES = ['up', 'down', 'left', 'right'] as const;

/** A distance that stands for "there is no way". */
export const UNREACHABLE = 0xffff;

/** @throws EnvError `bad-world` or `too-many-objects`. */
export function checkGridSize({ size, colours, walls }: GridSize): void {
  if (!Number.isInteger(size) || size < 2 || size > 255) {
    throw new EnvError('bad-world', `size is ${size}`, 'an integer from 2 to 255', 'correct size');
  }
  if (!Number.isInteger(colours) || colours < 1 || colours > 254) {
    throw new EnvError('bad-world', `colours is ${colours}`, 'an integer from 1 to 254', 'correct colours');
  }
  if (!Number.isInteger(walls) || walls < 0) {
    throw new EnvError('bad-world', `walls is ${walls}`, 'an integer of at least 0', 'correct walls');
  }
  if (colours + walls + 1 > size * size) {
    throw new EnvError(
      'too-many-objects',
      `${colours} colours, ${walls} walls and the agent need ${colours + walls + 1} cells`,
      `at most the ${size * size} cells of a grid of size ${size}`,
      'take a larger size, fewer colours or fewer walls',
    );
  }
}

/** `[cells, 4]`: the cell each move leads to from each cell, walls apart; into the edge is the cell itself. */
export function neighbourTable(size: number): Uint16Array {
  const table = new Uint16Array(size * size * 4);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const cell = row * size + column;
      table[cell * 4] = row > 0 ? cell - size : cell;
      table[cell * 4 + 1] = row < size - 1 ? cell + size : cell;
      table[cell * 4 + 2] = column > 0 ? cell - 1 : cell;
      table[cell * 4 + 3] = column < size - 1 ? cell + 1 : cell;
    }
  }
  return table;
}

/**
 * Layouts and shortest paths of one world, with working memory of its own. A layout is a row of `cells` bytes: 0 empty,
 * 1 … O the colours 0 … O−1, O+1 a wall.
 */
export class LayoutSampler {
  readonly cells: number;
  readonly neighbours: Uint16Array;
  private readonly places: Uint16Array;
  private readonly queue: Uint16Array;
  private readonly probe: Uint16Array;

  constructor(readonly world: GridSize) {
    checkGridSize(world);
    this.cells = world.size * world.size;
    this.neighbours = neighbourTable(world.size);
    this.places = new Uint16Array(this.cells);
    this.queue = new Uint16Array(this.cells);
    this.probe = new Uint16Array(world.colours * this.cells);
  }

  /**
   * Places everything at random without overlap, again and again until every colour can be reached, without stepping on
   * another colour, from the agent's cell and from every other colour (**our choice**: the paper does not say; without
   * it some layouts have no solution).
   * @param layout one row, overwritten.
   * @param distances `[colours, cells]`, filled as `distancesTo` does.
   * @returns the agent's cell.
   * @throws EnvError `no-reachable-layout` where ten thousand draws held none.
   */
  sample(random: RandomSource, layout: Uint8Array, distances: Uint16Array = this.probe): number {
    const { colours, walls } = this.world;
    const objects = colours + walls + 1;
    for (let attempt = 0; attempt < 10_000; attempt++) {
      for (let cell = 0; cell < this.cells; cell++) this.places[cell] = cell;
      random.shuffle(this.places, this.cells, objects);
      layout.fill(0);
      for (let i = 0; i < colours; i++) layout[this.places[i]] = i + 1;
      for (let i = 0; i < walls; i++) layout[this.places[colours + i]] = colours + 1;
      const agent = this.places[colours + walls];
      this.allDistances(layout, distances);
      if (this.reachable(distances, agent)) return agent;
    }
    throw new EnvError(
      'no-reachable-layout',
      `size ${this.world.size} with ${colours} colours and ${walls} walls gave no layout with every colour in reach in 10000 draws`,
      'a world with room to walk between the colours',
      'take a larger size, fewer colours or fewer walls',
    );
  }

  /** Shortest paths to every colour, `[colours, cells]`. */
  allDistances(layout: Uint8Array, distances: Uint16Array): void {
    for (let colour = 0; colour < this.world.colours; colour++) this.distancesTo(layout, colour, distances);
  }

  /**
   * Steps from every cell to `colour` over empty cells alone: entering a wall or another colour is not allowed, leaving
   * a coloured cell is. A cell without a way gets `UNREACHABLE`. Breadth first, from the colour outwards.
   */
  distancesTo(layout: Uint8Array, colour: number, distances: Uint16Array): void {
    const { cells, queue, neighbours } = this;
    const at = colour * cells;
    const wall = this.world.colours + 1;
    const target = layout.indexOf(colour + 1);
    distances.fill(UNREACHABLE, at, at + cells);
    if (target < 0) return;
    distances[at + target] = 0;
    queue[0] = target;
    let tail = 1;
    for (let head = 0; head < tail; head++) {
      const cell = queue[head];
      // Paths go through empty cells only; a coloured cell can begin one, so it has a distance but is not passed.
      if (layout[cell] !== 0 && cell !== target) continue;
      const next = distances[at + cell] + 1;
      for (let move = 0; move < 4; move++) {
        const from = neighbours[cell * 4 + move];
        if (distances[at + from] !== UNREACHABLE || layout[from] === wall) continue;
        distances[at + from] = next;
        queue[tail++] = from;
      }
    }
  }

  private reachable(distances: Uint16Array, agent: number): boolean {
    const { colours } = this.world;
    for (let colour = 0; colour < colours; colour++) {
      if (distances[colour * this.cells + agent] === UNREACHABLE) return false;
      for (let other = 0; other < colours; other++) {
        if (distances[colour * this.cells + this.places[other]] === UNREACHABLE) return false;
      }
    }
    return true;
  }
}
