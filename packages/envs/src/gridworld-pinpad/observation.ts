import type { RowsSpace } from '@coxswain/base';
import { EnvError, requireLength } from '../errors.js';
import { checkGridSize, type GridSize } from './layout.js';

/**
 * What an agent is shown, as the list of the ones in a one-hot vector: an embedding is then a sum of a few table rows,
 * and equals a dense linear layer on the one-hot. Each of `slots` places holds one row number or −1 (nothing), and a
 * row only ever appears in its own slot (`slotOfRow`), so the gradient of a row is read from one column.
 */
export interface GridObservation extends RowsSpace {
  readonly view: 'egocentric' | 'allocentric';
  readonly world: GridSize;
  /** `[V]`: the slot that a row appears in. */
  readonly slotOfRow: Int32Array;
  /**
   * Rows that describe the surroundings come first, `rows - cells` of them; then one for each cell the agent can be in.
   */
  readonly agentRows: number;
  /** Rows of the *outside* channel, whose weights had best start at zero; none when allocentric. */
  readonly outsideRows: Int32Array;
  /** Writes one observation, `slots` indices from `out[at]`, of the layout row that begins at `layout[layoutAt]`. */
  write(layout: Uint8Array, layoutAt: number, cell: number, out: Int32Array, at: number): void;
}

/** Spread of the agent's own cell in the embedding, as in the recipe. */
const AGENT_SPREAD = 0.5;

/**
 * Nothing outside the grid tells colours apart: starting its weights at zero is clearly faster (recipe). The rest is
 * the model's.
 */
function startSpread(agentRows: number, cells: number, outsideRows: ArrayLike<number>): Float32Array {
  const spread = new Float32Array(agentRows + cells).fill(-1).fill(AGENT_SPREAD, agentRows);
  for (let i = 0; i < outsideRows.length; i++) spread[outsideRows[i]] = 0;
  return spread;
}

/**
 * A `(2G−1)²` window around the agent over channels (colours, wall, outside), then the agent's cell: row `w·(O+2) +
 * channel` for window place `w` (rows, then columns, from offset −(G−1)), row `(2G−1)²·(O+2) + cell` for the cell.
 * **Our choice**: the paper's is `allocentric`; here the direction to a colour is a linear function of the one-hot.
 */
export function egocentric(world: GridSize): GridObservation {
  checkGridSize(world);
  const { size, colours } = world;
  const cells = size * size;
  const width = 2 * size - 1;
  const places = width * width;
  const channels = colours + 2;
  const agentRows = places * channels;
  const slotOfRow = new Int32Array(agentRows + cells);
  for (let row = 0; row < agentRows; row++) slotOfRow[row] = Math.floor(row / channels);
  slotOfRow.fill(places, agentRows);

  // [cells, places + 1]: what an empty grid shows from each cell, and [cells, cells]: the place of the window that
  // shows a cell.
  const empty = new Int32Array(cells * (places + 1)).fill(-1);
  const placeOf = new Uint16Array(cells * cells);
  for (let cell = 0; cell < cells; cell++) {
    for (let place = 0; place < places; place++) {
      const row = Math.floor(cell / size) + Math.floor(place / width) - (size - 1);
      const column = (cell % size) + (place % width) - (size - 1);
      if (row >= 0 && row < size && column >= 0 && column < size) placeOf[cell * cells + row * size + column] = place;
      else empty[cell * (places + 1) + place] = place * channels + colours + 1;
    }
    empty[cell * (places + 1) + places] = agentRows + cell;
  }
  const outsideRows = Int32Array.from({ length: places }, (_, place) => place * channels + colours + 1);
  return {
    kind: 'rows',
    view: 'egocentric',
    world,
    slots: places + 1,
    rows: agentRows + cells,
    bySlot: true,
    startSpread: startSpread(agentRows, cells, outsideRows),
    slotOfRow,
    agentRows,
    outsideRows,
    write(layout, layoutAt, cell, out, at) {
      const from = cell * (places + 1);
      for (let slot = 0; slot <= places; slot++) out[at + slot] = empty[from + slot];
      for (let seen = 0; seen < cells; seen++) {
        const content = layout[layoutAt + seen];
        if (content === 0) continue;
        const place = placeOf[cell * cells + seen];
        out[at + place] = place * channels + content - 1;
      }
    },
  };
}

/**
 * The paper's observation (arXiv 2512.20605, gridworld-pinpad): one-hot object or wall per cell and one-hot agent
 * position, `G²(W+O+1)` numbers: row `cell·(O+W) + channel`, then row `G²(O+W) + cell` for the agent. The walls have a
 * channel each; a layout does not tell them apart, so they are numbered in reading order (**our choice**).
 */
export function allocentric(world: GridSize): GridObservation {
  checkGridSize(world);
  const { size, colours, walls } = world;
  const cells = size * size;
  const channels = colours + walls;
  const agentRows = cells * channels;
  const slotOfRow = new Int32Array(agentRows + cells);
  for (let row = 0; row < agentRows; row++) slotOfRow[row] = Math.floor(row / channels);
  slotOfRow.fill(cells, agentRows);
  return {
    kind: 'rows',
    view: 'allocentric',
    world,
    slots: cells + 1,
    rows: agentRows + cells,
    bySlot: true,
    startSpread: startSpread(agentRows, cells, []),
    slotOfRow,
    agentRows,
    outsideRows: new Int32Array(0),
    write(layout, layoutAt, cell, out, at) {
      let wall = colours;
      for (let place = 0; place < cells; place++) {
        const content = layout[layoutAt + place];
        if (content === 0) out[at + place] = -1;
        else out[at + place] = place * channels + (content <= colours ? content - 1 : wall++);
      }
      out[at + cells] = agentRows + cell;
    },
  };
}

/**
 * Observations along whole episodes.
 * @param layout `[B, cells]`.
 * @param position `[B, steps]` cells.
 * @param out `[B·steps, K]`, made where it is not given.
 * @throws EnvError `bad-shape`.
 */
export function observeEpisodes(
  space: GridObservation,
  layout: Uint8Array,
  position: ArrayLike<number>,
  steps: number,
  out: Int32Array = new Int32Array(position.length * space.slots),
): Int32Array {
  const cells = space.world.size ** 2;
  requireLength('layout', layout.length, (position.length / steps) * cells);
  requireLength('out', out.length, position.length * space.slots);
  for (let i = 0; i < position.length; i++) space.write(layout, Math.floor(i / steps) * cells, position[i], out, i * space.slots);
  return out;
}

/**
 * The one-hot vectors behind lists of indices.
 * @param indices `[N, K]`, −1 for nothing.
 * @returns `[N, V]` of 0 and 1.
 * @throws EnvError `bad-shape`.
 */
export function denseObservations(space: GridObservation, indices: Int32Array): Float32Array {
  const count = indices.length / space.slots;
  if (!Number.isInteger(count)) {
    throw new EnvError('bad-shape', `${indices.length} indices`, `a multiple of ${space.slots}`, 'pass whole observations');
  }
  const dense = new Float32Array(count * space.rows);
  for (let i = 0; i < indices.length; i++) if (indices[i] >= 0) dense[Math.floor(i / space.slots) * space.rows + indices[i]] = 1;
  return dense;
}
