import { CounterRandom } from '@coxswain/base';
import { requireLength } from '../errors.js';
import { WORLD_STREAM } from '../streams.js';

/** One of the 8 symmetries of the square: `cell[c]` is where cell `c` goes, `action[a]` what move `a` becomes. */
export type Symmetry = { readonly cell: Uint16Array; readonly action: Uint8Array };

/** All 8, the identity first: rotations by quarter turns, then the same after a mirroring of left and right. */
export function squareSymmetries(size: number): Symmetry[] {
  // Rows and columns doubled and centred, so that a turn is a sign and a swap, for cells and for moves alike.
  const apply = (k: number, row: number, column: number): [number, number] => {
    let [r, c] = [row, k < 4 ? column : -column];
    for (let turn = 0; turn < k % 4; turn++) [r, c] = [c, -r];
    return [r, c];
  };
  const directions = [
    [-1, 0],
    [1, 0],
    [0, -1],
    [0, 1],
  ] as const;
  return Array.from({ length: 8 }, (_, k) => {
    const cell = Uint16Array.from({ length: size * size }, (_, from) => {
      const [r, c] = apply(k, 2 * Math.floor(from / size) - (size - 1), 2 * (from % size) - (size - 1));
      return ((r + size - 1) / 2) * size + (c + size - 1) / 2;
    });
    const action = Uint8Array.from(directions, ([row, column]) => {
      const [r, c] = apply(k, row, column);
      return directions.findIndex(([dr, dc]) => dr === r && dc === c);
    });
    return { cell, action };
  });
}

/** `count` random symmetries (numbers below `of`), a function of seed and step alone. */
export function randomSymmetries(seed: number, step: number, count: number, of = 8): Uint8Array {
  const random = new CounterRandom(seed);
  random.seek(WORLD_STREAM.symmetry, step);
  return Uint8Array.from({ length: count }, () => random.below(of));
}

/**
 * The same episodes in turned and mirrored worlds.
 * @param which `[B]` the symmetry of each episode.
 * @param episodes layouts `[B, cells]`, positions `[B, ·]` and actions `[B, ·]`.
 * @returns new arrays of the same shapes.
 * @throws EnvError `bad-shape`.
 */
export function applySymmetries(
  symmetries: readonly Symmetry[],
  which: ArrayLike<number>,
  episodes: { readonly layout: Uint8Array; readonly position: Int32Array; readonly action: Int32Array },
): { layout: Uint8Array; position: Int32Array; action: Int32Array } {
  const size = which.length;
  const cells = symmetries[0].cell.length;
  requireLength('layout', episodes.layout.length, size * cells);
  const layout = new Uint8Array(episodes.layout.length);
  for (let i = 0; i < layout.length; i++) {
    const row = Math.floor(i / cells);
    layout[row * cells + symmetries[which[row]].cell[i - row * cells]] = episodes.layout[i];
  }
  const positions = episodes.position.length / size;
  const position = episodes.position.map((cell, i) => symmetries[which[Math.floor(i / positions)]].cell[cell]);
  const actions = episodes.action.length / size;
  const action = episodes.action.map((move, i) => symmetries[which[Math.floor(i / actions)]].action[move]);
  return { layout, position, action };
}
