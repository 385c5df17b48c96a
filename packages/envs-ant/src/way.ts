/** Which way to walk over a field: from cell to cell, around everything but the colour wanted. */
import { neighbourTable } from '@coxswain/envs';
import { type AntState, middleOf } from './field.js';
import type { AntSettings } from './settings.js';

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
  toward({ body, layout, cell }: AntState, goal: number): readonly [number, number] {
    if (cell < 0) return [1, 0];
    const costs = this.costsTo(layout, goal);
    const [mx, my] = middleOf(cell, this.settings);
    const [ox, oy] = [(body[0] - mx) / this.settings.cell, (body[1] - my) / this.settings.cell];
    let [best, least] = [-1, Number.POSITIVE_INFINITY];
    for (let move = 0; move < 4; move++) {
      const next = this.neighbours[4 * cell + move];
      if (next === cell) continue;
      // Of ways that are as good, the one whose border is nearer: walking on does not change that.
      const cost = costs[next] + this.price(layout, next, goal) - 1e-3 * (MOVES[move][0] * ox + MOVES[move][1] * oy);
      if (cost < least) [best, least] = [move, cost];
    }
    const [dx, dy] = MOVES[Math.max(best, 0)];
    const draw = CENTRING * this.settings.cell;
    const [x, y] = [dx === 0 ? -draw * ox : dx, dy === 0 ? -draw * oy : dy];
    const length = Math.sqrt(x * x + y * y);
    return [x / length, y / length];
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
