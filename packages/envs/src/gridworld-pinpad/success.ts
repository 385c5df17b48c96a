import type { Expert } from './expert.js';

type ExpertMoves = {
  readonly from: Uint16Array;
  readonly to: Uint16Array;
  readonly chance: Float64Array;
  /** How many, from the first on, visit nothing. */
  readonly quiet: number;
};

/**
 * How likely the expert is to finish: P(all remaining colours visited in at most `left` steps | cell, remaining
 * colours), exactly, for one layout at a time. Datasets keep successful episodes only, and this is what conditions the
 * expert on that.
 *
 * Tasks share endings, so values are kept per ending (a node: its first colour and the node after it) rather than per
 * task.
 */
export class SuccessProbability {
  private readonly colourOf: number[] = [];
  private readonly nodeAfter: number[] = [];
  private readonly nodes: number[][];
  private readonly cells: number;
  private readonly value: Float64Array;
  private readonly chance = new Float64Array(4);

  constructor(
    private readonly expert: Expert,
    tasks: readonly Uint8Array[],
    private readonly horizon: number,
  ) {
    const known = new Map<string, number>();
    const nodeOf = (rest: Uint8Array): number => {
      if (rest.length === 0) return -1;
      const key = rest.join();
      const found = known.get(key);
      if (found !== undefined) return found;
      const after = nodeOf(rest.subarray(1));
      const node = this.colourOf.push(rest[0]) - 1;
      this.nodeAfter.push(after);
      known.set(key, node);
      return node;
    };
    this.nodes = tasks.map((task) => Array.from(task, (_, progress) => nodeOf(task.subarray(progress))));
    this.cells = expert.cells;
    this.value = new Float64Array(this.colourOf.length * (horizon + 1) * this.cells);
  }

  /**
   * Computes all values for the layout that the expert has planned. Shorter endings come first, as they were numbered.
   */
  solve(): void {
    const moves = Array.from({ length: this.expert.world.colours }, (_, colour) =>
      this.colourOf.includes(colour) ? this.expertMoves(colour) : null,
    );
    for (let node = 0; node < this.colourOf.length; node++) this.solveNode(node, moves[this.colourOf[node]] as ExpertMoves);
  }

  /** @param task number of the task. @param progress colours of it already visited; all of them gives 1. */
  probability(task: number, progress: number, left: number, cell: number): number {
    const path = this.nodes[task];
    return progress >= path.length ? 1 : this.value[(path[progress] * (this.horizon + 1) + left) * this.cells + cell];
  }

  private solveNode(node: number, { from, to, chance, quiet }: ExpertMoves): void {
    const { cells, horizon, value } = this;
    const after = this.nodeAfter[node];
    const stride = (horizon + 1) * cells;
    const at = node * stride;
    value.fill(0, at, at + stride);
    for (let left = 1; left <= horizon; left++) {
      const now = at + left * cells;
      const before = now - cells;
      for (let i = 0; i < quiet; i++) value[now + from[i]] += chance[i] * value[before + to[i]];
      const finished = after * stride + (left - 1) * cells;
      for (let i = quiet; i < from.length; i++) value[now + from[i]] += chance[i] * (after < 0 ? 1 : value[finished + to[i]]);
    }
  }

  /**
   * The expert's moves towards `colour`, but for those that end the episode: first those that visit nothing, then those
   * that visit it.
   */
  private expertMoves(colour: number): ExpertMoves {
    const { expert, chance } = this;
    const quiet: [number, number, number][] = [];
    const visiting: [number, number, number][] = [];
    for (let cell = 0; cell < this.cells; cell++) {
      expert.distribution(cell, colour, chance);
      for (let move = 0; move < 4; move++) {
        if (chance[move] === 0) continue;
        const visited = expert.visits(cell, move);
        if (visited < 0) quiet.push([cell, expert.next(cell, move), chance[move]]);
        else if (visited === colour) visiting.push([cell, expert.next(cell, move), chance[move]]);
      }
    }
    const all = [...quiet, ...visiting];
    return {
      from: Uint16Array.from(all, ([cell]) => cell),
      to: Uint16Array.from(all, ([, next]) => next),
      chance: Float64Array.from(all, ([, , p]) => p),
      quiet: quiet.length,
    };
  }
}
