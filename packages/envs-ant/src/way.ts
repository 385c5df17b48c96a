/** Which way to walk over a field: from cell to cell, around everything but the colour wanted. */
import { neighbourTable } from '@coxswain/envs';
import { middleOf } from './cells.js';
import type { AntState } from './field.js';
import type { AntSettings } from './settings.js';
import { freeLine } from './sight.js';

/** Cells more that a way may be to keep clear of one side of a cell that ends the episode. */
const RISK = 0.2;

/** How strongly the middle of a row of cells draws, by metres from it. */
const CENTRING = 1;

const MOVES = [
  [0, -1],
  [0, 1],
  [-1, 0],
  [1, 0],
] as const;

/** Costs of the ways to a colour from every cell, infinite where there is none. */
export class WayFinder {
  private readonly neighbours: Uint16Array;
  private readonly known = new WeakMap<Uint8Array, Float64Array[]>();

  constructor(private readonly settings: AntSettings) {
    this.neighbours = neighbourTable(settings.size);
  }

  /** The direction (x, y), of length 1, in which a body over the field should walk to reach colour `goal`. */
  toward(state: AntState, goal: number): readonly [number, number] {
    if (state.cell < 0) return [1, 0];
    const seen = this.settings.ways === 'straight' ? this.farthestSeen(state, goal) : undefined;
    const [x, y] = seen ? [seen[0] - state.body[0], seen[1] - state.body[1]] : this.toNextCell(state, goal);
    const length = Math.sqrt(x * x + y * y);
    return [x / length, y / length];
  }

  /** Across the border to the next cell of the way. */
  private toNextCell({ body, layout, cell }: AntState, goal: number): readonly [number, number] {
    const costs = this.costsTo(layout, goal);
    const [mx, my] = middleOf(cell, this.settings);
    const [ox, oy] = [(body[0] - mx) / this.settings.cell, (body[1] - my) / this.settings.cell];
    // Of ways that are as good, the one whose border is nearer: walking on does not change that.
    const [dx, dy] = MOVES[this.bestMove(cell, { layout, goal, costs }, (move) => 1e-3 * (MOVES[move][0] * ox + MOVES[move][1] * oy))];
    const draw = CENTRING * this.settings.cell;
    return [dx === 0 ? -draw * ox : dx, dy === 0 ? -draw * oy : dy];
  }

  /** The middle of the last cell of the way that a straight line leads to; none where it sees but its own. */
  private farthestSeen(state: AntState, goal: number): readonly [number, number] | undefined {
    const { layout } = state;
    const costs = this.costsTo(layout, goal);
    let { cell } = state;
    let seen: readonly [number, number] | undefined;
    // A shortest way visits no cell twice.
    for (let cells = 0; cells < layout.length && layout[cell] !== goal + 1; cells++) {
      cell = this.neighbours[4 * cell + this.bestMove(cell, { layout, goal, costs })];
      const middle = middleOf(cell, this.settings);
      if (freeLine(state, middle, goal, this.settings)) seen = middle;
    }
    return seen;
  }

  /** The move of the least cost less `bonus`; the first where no way leads on. */
  private bestMove(
    cell: number,
    { layout, goal, costs }: { readonly layout: Uint8Array; readonly goal: number; readonly costs: Float64Array },
    bonus: (move: number) => number = () => 0,
  ): number {
    let [best, least] = [0, Number.POSITIVE_INFINITY];
    for (let move = 0; move < 4; move++) {
      const next = this.neighbours[4 * cell + move];
      if (next === cell) continue;
      const cost = costs[next] + this.price(layout, next, goal) - bonus(move);
      if (cost < least) [best, least] = [move, cost];
    }
    return best;
  }

  private price(layout: Uint8Array, cell: number, goal: number): number {
    if (layout[cell] === goal + 1) return 1;
    if (layout[cell] !== 0) return Number.POSITIVE_INFINITY;
    let price = 1;
    for (let move = 0; move < 4; move++) {
      const beside = this.neighbours[4 * cell + move];
      if (beside === cell || (layout[beside] !== 0 && layout[beside] !== goal + 1)) price += RISK;
    }
    return price;
  }

  private costsTo(layout: Uint8Array, goal: number): Float64Array {
    const known = this.known.get(layout) ?? [];
    this.known.set(layout, known);
    known[goal] ??= this.spread(layout, goal);
    return known[goal];
  }

  /** Improves costs until none falls, as the field has few cells. */
  private spread(layout: Uint8Array, goal: number): Float64Array {
    const costs = new Float64Array(layout.length).fill(Number.POSITIVE_INFINITY);
    costs[layout.indexOf(goal + 1)] = 0;
    for (let changed = true; changed; ) {
      changed = false;
      for (let cell = 0; cell < costs.length; cell++)
        for (let move = 0; move < 4; move++) {
          const next = this.neighbours[4 * cell + move];
          const cost = costs[next] + this.price(layout, next, goal);
          if (next !== cell && cost < costs[cell]) [costs[cell], changed] = [cost, true];
        }
    }
    return costs;
  }
}
