/** Test-only: the trained base model of `kernels/golden/trained`, whose README names its tensors. */

import { discreteSpace, HostRandom, rowsSpace } from '@coxswain/base';
import { type Device, ParameterStore } from '@coxswain/tensor';
import { f32, type Golden, readGolden } from '../../../../kernels/src/testing/golden.js';
import type { TransformerConfig } from '../attention/config.js';
import { Transformer } from '../attention/model.js';

/** The layer that the golden metacontroller steers. */
export const GOLDEN_LAYER = 2;

/** Rows of the table and of an observation: 49 window places × 6 channels, then 16 cells. */
const [ROWS, SLOTS] = [49 * 6 + 16, 50];

export const GOLDEN_BASE_CONFIG: TransformerConfig = {
  width: 64,
  depth: 4,
  heads: 4,
  mlp: 256,
  observation: rowsSpace(ROWS, SLOTS),
  action: discreteSpace(4),
  predicted: discreteSpace(16),
  buckets: 32,
  maxDistance: 128,
  initialisation: 'small-output',
};

/**
 * Ours is a table of rows without a bias: the window's bias is part of the agent's cell, of which there is always
 * exactly one.
 */
function embedding(golden: Record<string, Golden>): Float32Array {
  const { width } = GOLDEN_BASE_CONFIG;
  const [window, agent, bias] = [golden['win.weight'].data, golden['agent.weight'].data, golden['win.bias'].data];
  const windowRows = ROWS - 16;
  return Float32Array.from({ length: ROWS * width }, (_, i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    return row < windowRows ? window[column * windowRows + row] : agent[(row - windowRows) * width + column] + bias[column];
  });
}

/** A model with the golden weights. @param trainable false for a frozen one. */
export function goldenBase(device: Device, trainable = false): { readonly model: Transformer; readonly store: ParameterStore } {
  const golden = readGolden('trained/base');
  const store = new ParameterStore(device, trainable);
  const model = new Transformer(store, GOLDEN_BASE_CONFIG);
  store.finish(new HostRandom(0));
  store.load(
    new Map(
      store.names.map((name) => [
        name,
        name === 'embedding.weight'
          ? { shape: [ROWS, GOLDEN_BASE_CONFIG.width], data: embedding(golden) }
          : { shape: golden[name].shape, data: f32(golden[name]) },
      ]),
    ),
    'golden base',
  );
  return { model, store };
}

/**
 * What the golden agents saw: rows of the embedding for every position, [episodes · steps, 50], −1 for an empty cell.
 */
export function goldenObservations(layout: ArrayLike<number>, position: ArrayLike<number>, steps: number): Int32Array {
  const [size, channels, outside, windowRows] = [4, 6, 5, 49 * 6];
  return Int32Array.from({ length: position.length * SLOTS }, (_, i) => {
    const [at, slot] = [Math.floor(i / SLOTS), i % SLOTS];
    const cell = position[at];
    if (slot === SLOTS - 1) return windowRows + cell;
    const row = Math.floor(cell / size) + Math.floor(slot / 7) - 3;
    const column = (cell % size) + (slot % 7) - 3;
    const inside = row >= 0 && row < size && column >= 0 && column < size;
    const content = inside ? layout[Math.floor(at / steps) * size * size + row * size + column] : outside + 1;
    return content === 0 ? -1 : slot * channels + content - 1;
  });
}
