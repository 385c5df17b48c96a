/** From observations to the residual stream. */
import { type BoxSpace, type LeafSpace, leafSize, leavesOf, type Space } from '@coxswain/base';
import {
  add,
  convolution2d,
  embeddingSum,
  fanIn,
  type Initialiser,
  Linear,
  normal,
  type ParameterStore,
  relu,
  ShapeError,
  type Tensor,
  varianceScaled,
  zeros,
} from '@coxswain/tensor';
import { type Observed, tensorsOf } from './space-tensors.js';

/** How the rows of an embedding start. */
export interface EmbeddingStart {
  readonly width: number;
  /** Standard deviation, where the space does not say another. */
  readonly std: number;
  /** Every initialiser's variance scaled by so much, in place of all that; the paper's way (arXiv 2512.20605). */
  readonly varianceScale?: number;
}

/** Reads one leaf of an observation, [N, …] → [N, width]. */
type Reader = (values: Tensor) => Tensor;

const rowsReader = (
  store: ParameterStore,
  name: string,
  space: { rows: number; slots: number; bySlot: boolean; startSpread?: Float32Array },
  start: EmbeddingStart,
): Reader => {
  const { width, std, varianceScale } = start;
  const initialise: Initialiser = (values, shape, random) => {
    if (varianceScale !== undefined) return varianceScaled(space.slots, varianceScale)(values, shape, random);
    for (let row = 0; row < space.rows; row++) {
      const spread = space.startSpread && space.startSpread[row] >= 0 ? space.startSpread[row] : std;
      normal(spread)(values.subarray(row * width, (row + 1) * width), shape, random);
      // Drawn all the same, so that other rows stay what they are; and +0, where a draw times 0 may be −0.
      if (spread === 0) values.fill(0, row * width, (row + 1) * width);
    }
  };
  const table = store.declare(`${name}.weight`, [space.rows, width], initialise);
  return (values) => embeddingSum(table, values.reshape([values.size / space.slots, space.slots]), { bySlot: space.bySlot });
};

/** Height, width and channels of a box that is a picture: bytes in two or three axes. */
function pictureOf({ type, shape }: BoxSpace): readonly [number, number, number] | undefined {
  if (type !== 'u8' || shape.length < 2 || shape.length > 3) return undefined;
  return [shape[0], shape[1], shape[2] ?? 1];
}

const weightStart = (inputs: number, { varianceScale }: EmbeddingStart): Initialiser =>
  varianceScale === undefined ? fanIn(inputs) : varianceScaled(inputs, varianceScale);

const biasStart = (inputs: number, { varianceScale }: EmbeddingStart): Initialiser => (varianceScale === undefined ? fanIn(inputs) : zeros);

const readingLayer = (store: ParameterStore, name: string, inputs: number, start: EmbeddingStart): Linear =>
  new Linear(store, name, inputs, start.width, { weight: weightStart(inputs, start), bias: biasStart(inputs, start) });

/** Channels of the two convolutions that look at a picture, each with windows of 3 and steps of 2. */
const CHANNELS = [16, 32] as const;

function pictureReader(store: ParameterStore, name: string, [height, width, channels]: readonly number[], start: EmbeddingStart): Reader {
  let [h, w, c] = [height, width, channels];
  const layers = CHANNELS.map((filters, i) => {
    const inputs = 9 * c;
    const layer = {
      weight: store.declare(`${name}.conv.${i}.weight`, [filters, 3, 3, c], weightStart(inputs, start)),
      bias: store.declare(`${name}.conv.${i}.bias`, [filters], biasStart(inputs, start)),
    };
    [h, w, c] = [Math.ceil(h / 2), Math.ceil(w / 2), filters];
    return layer;
  });
  const inputs = h * w * c;
  const layer = readingLayer(store, name, inputs, start);
  return (values) => {
    const rows = values.size / (height * width * channels);
    let x = values.reshape([rows, height, width, channels]);
    for (const { weight, bias } of layers) x = relu(convolution2d(x, weight, { bias, stride: 2, padding: 1 }));
    return layer.forward(x.reshape([rows, inputs]));
  };
}

function boxReader(store: ParameterStore, name: string, space: BoxSpace, start: EmbeddingStart): Reader {
  const picture = pictureOf(space);
  if (picture) return pictureReader(store, name, picture, start);
  const size = leafSize(space);
  const layer = readingLayer(store, name, size, start);
  return (values) => layer.forward(values.reshape([values.size / size, size]));
}

/**
 * The sum of what each leaf of an observation adds to the residual stream: rows of a table, a linear layer of a box,
 * two convolutions and a linear layer of a picture.
 */
export class Embedder {
  readonly #readers: readonly Reader[];

  /** Declares the parameters in `store`; names begin with `embedding`. */
  constructor(store: ParameterStore, space: Space, start: EmbeddingStart) {
    const readerOf = (leaf: LeafSpace, path: string): Reader => {
      const name = path ? `embedding.${path}` : 'embedding';
      if (leaf.kind === 'box') return boxReader(store, name, leaf, start);
      const rows = leaf.kind === 'rows' ? leaf : { rows: leaf.count, slots: 1, bySlot: true };
      return rowsReader(store, name, rows, start);
    };
    this.#readers = leavesOf(space).map(({ space: leaf, path }) => readerOf(leaf, path));
  }

  /**
   * @param observation [N, …], a tensor for each leaf.
   * @returns [N, width]
   * @throws ShapeError for another number of leaves.
   */
  embed(observation: Observed): Tensor {
    const tensors = tensorsOf(observation);
    if (tensors.length !== this.#readers.length)
      throw new ShapeError('embed', `${tensors.length} tensors`, `${this.#readers.length}, one for each leaf of the observation space`);
    return tensors.map((values, i) => this.#readers[i](values)).reduce((sum, part) => add(sum, part));
  }
}
