import type { CounterRandom } from '@coxswain/base';
import { requireProbability } from '../errors.js';
import { type GridSize, LayoutSampler, UNREACHABLE } from './layout.js';

/** How many moves a set of them holds, and which they are: sets are 4-bit masks, bit `a` standing for move `a`. */
const COUNT = new Uint8Array(16);
const MEMBER = new Uint8Array(16 * 4);
for (let set = 0; set < 16; set++) {
  for (let move = 0; move < 4; move++) if (set & (1 << move)) MEMBER[set * 4 + COUNT[set]++] = move;
}

/**
 * `random`: any of them, as likely (the paper). `first`: the first of up, down, left, right, so that place and goal
 * decide the path.
 */
export type Ties = 'random' | 'first';

/**
 * The exact stochastic shortest-path expert (arXiv 2512.20605, gridworld-pinpad): uniform over the moves that begin a
 * shortest path to the next colour over empty cells, so no colour is ever visited out of order. With probability ε the
 * move is instead uniform over those that enter no coloured cell at all (moves into a wall or the edge count, and stay
 * where they are).
 *
 * Where no path is left (noise can lead into a corner behind the colour just left), it wanders: uniform over moves that
 * enter no coloured cell. Where every such set is empty it takes what is left of the others, in the end any move.
 */
export class Expert {
  readonly cells: number;
  private readonly sampler: LayoutSampler;
  private readonly distances: Uint16Array;
  private readonly best: Uint8Array;
  private readonly quiet: Uint8Array;
  private layout: Uint8Array = new Uint8Array(0);
  private readonly planned: Uint8Array;

  /**
   * @param ties what it does where several moves begin a shortest path.
   * @throws EnvError where the world cannot be or ε is no probability.
   */
  constructor(
    readonly world: GridSize,
    readonly epsilon: number,
    readonly ties: Ties = 'random',
  ) {
    requireProbability('epsilon', epsilon);
    this.sampler = new LayoutSampler(world);
    this.cells = this.sampler.cells;
    this.distances = new Uint16Array(world.colours * this.cells);
    this.best = new Uint8Array(world.colours * this.cells);
    this.quiet = new Uint8Array(this.cells);
    this.planned = new Uint8Array(world.colours);
  }

  /**
   * Takes a layout (a row of `cells` bytes) for the questions that follow. Work is done for each colour when it is
   * first asked for.
   */
  plan(layout: Uint8Array): void {
    this.layout = layout;
    this.planned.fill(0);
    const { neighbours } = this.sampler;
    for (let cell = 0; cell < this.cells; cell++) {
      let quiet = 0;
      for (let move = 0; move < 4; move++) {
        const next = neighbours[cell * 4 + move];
        const content = layout[next];
        if (next === cell || content === 0 || content === this.world.colours + 1) quiet |= 1 << move;
      }
      this.quiet[cell] = quiet;
    }
  }

  /** The cell that a move leads to; a wall and the edge hold the agent where it is. */
  next(cell: number, action: number): number {
    const to = this.sampler.neighbours[cell * 4 + action];
    return this.layout[to] === this.world.colours + 1 ? cell : to;
  }

  /** The colour that a move visits, −1 for none. */
  visits(cell: number, action: number): number {
    const to = this.next(cell, action);
    return to === cell ? -1 : this.layout[to] - 1;
  }

  /** Steps from `cell` to `colour` on a shortest allowed path, or `UNREACHABLE`. */
  distance(cell: number, colour: number): number {
    this.need(colour);
    return this.distances[colour * this.cells + cell];
  }

  /** The moves that begin a shortest path, as a mask: bit `a` is move `a`. */
  optimalMoves(cell: number, colour: number): number {
    this.need(colour);
    return this.best[colour * this.cells + cell];
  }

  /** p(move | cell, colour) of all four moves, with ε. */
  distribution(cell: number, colour: number, out: Float64Array): void {
    const best = this.optimalMoves(cell, colour);
    const noise = this.quiet[cell] || best;
    for (let move = 0; move < 4; move++) {
      const bit = 1 << move;
      out[move] = (best & bit ? (1 - this.epsilon) / COUNT[best] : 0) + (noise & bit ? this.epsilon / COUNT[noise] : 0);
    }
  }

  /** p(action | cell, colour), with ε. */
  probability(cell: number, colour: number, action: number): number {
    const best = this.optimalMoves(cell, colour);
    const noise = this.quiet[cell] || best;
    const bit = 1 << action;
    return (best & bit ? (1 - this.epsilon) / COUNT[best] : 0) + (noise & bit ? this.epsilon / COUNT[noise] : 0);
  }

  /** Draws a move: two random words, whatever ε is. */
  sample(cell: number, colour: number, random: CounterRandom): number {
    const best = this.optimalMoves(cell, colour);
    const set = random.uniform() < this.epsilon ? this.quiet[cell] || best : best;
    return MEMBER[set * 4 + random.below(COUNT[set])];
  }

  private need(colour: number): void {
    if (this.planned[colour]) return;
    this.sampler.distancesTo(this.layout, colour, this.distances);
    this.planBest(colour);
    this.planned[colour] = 1;
  }

  private planBest(colour: number): void {
    const { neighbours } = this.sampler;
    const { layout, cells } = this;
    const at = colour * cells;
    for (let cell = 0; cell < cells; cell++) {
      let best = 0;
      let shortest = UNREACHABLE;
      for (let move = 0; move < 4; move++) {
        const next = neighbours[cell * 4 + move];
        if (next === cell || (layout[next] !== 0 && layout[next] !== colour + 1)) continue;
        const rest = this.distances[at + next];
        if (rest < shortest) {
          shortest = rest;
          best = 0;
        }
        if (rest === shortest && rest !== UNREACHABLE) best |= 1 << move;
      }
      // The lowest bit of a mask: its first move.
      if (this.ties === 'first') best &= -best;
      this.best[at + cell] = best || this.quiet[cell] || 15;
    }
  }
}
