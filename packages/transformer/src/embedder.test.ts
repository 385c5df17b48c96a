/** What embedders add to the residual stream, against float64; and a model of boxes that learns. */
import { type BoxSpace, boxSpace, discreteSpace, HostRandom, leafSize, leavesOf, rowsSpace, type Space } from '@coxswain/base';
import { AdamW, backward, type Device, mul, noGrad, ParameterStore, sum, type Tensor } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomNormal, relativeError } from '../../../kernels/src/testing/harness.js';
import { Transformer } from './attention/model.js';
import { Embedder, type EmbeddingStart } from './embedder.js';
import { Hawk } from './hawk/model.js';
import { Pretrainer, type SequenceBatch } from './pretrain.js';
import type { SequenceModel } from './sequence-model.js';
import { spaceTensors, writeValues } from './space-tensors.js';

const N = 5;
const WIDTH = 12;
const START: EmbeddingStart = { width: WIDTH, std: 0.3 };
const picture: BoxSpace = { kind: 'box', shape: [8, 8, 3], type: 'u8' };

type Numbers = ArrayLike<number>;
type Weights = (name: string) => Numbers;

/** x wᵀ + bias for x [rows, inputs]. */
function dense(x: Numbers, inputs: number, w: Numbers, bias?: Numbers): Float64Array {
  const outputs = w.length / inputs;
  return Float64Array.from({ length: (x.length / inputs) * outputs }, (_, at) => {
    const [row, output] = [Math.floor(at / outputs), at % outputs];
    let y = bias?.[output] ?? 0;
    for (let i = 0; i < inputs; i++) y += x[row * inputs + i] * w[output * inputs + i];
    return y;
  });
}

/**
 * ReLU of a convolution of images [rows, size, size, channels], channels last: windows of 3, steps of 2, a margin of 1.
 */
function convolved(x: Numbers, size: number, channels: number, w: Numbers, bias: Numbers): Float64Array {
  const half = Math.ceil(size / 2);
  const filters = bias.length;
  const rows = x.length / (size * size * channels);
  return Float64Array.from({ length: rows * half * half * filters }, (_, at) => {
    const [f, u, v] = [at % filters, Math.floor(at / filters) % half, Math.floor(at / (filters * half)) % half];
    const row = Math.floor(at / (filters * half * half));
    let y = bias[f];
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++)
        for (let c = 0; c < channels; c++) {
          const [down, right] = [2 * v + i - 1, 2 * u + j - 1];
          if (down < 0 || right < 0 || down >= size || right >= size) continue;
          y += x[((row * size + down) * size + right) * channels + c] * w[((f * 3 + i) * 3 + j) * channels + c];
        }
    return Math.max(0, y);
  });
}

/** The table's product with one-hot vectors. */
function oneHot(indices: Numbers, slots: number, table: Numbers): Float64Array {
  const rows = table.length / WIDTH;
  const hot = new Float64Array((indices.length / slots) * rows);
  for (let i = 0; i < indices.length; i++) if (indices[i] >= 0) hot[Math.floor(i / slots) * rows + indices[i]] += 1;
  const turned = Float64Array.from({ length: table.length }, (_, at) => table[(at % rows) * WIDTH + Math.floor(at / rows)]);
  return dense(hot, rows, turned);
}

function pictureReference(bytes: Numbers, weight: Weights, name = 'embedding'): Float64Array {
  const shares = Float64Array.from(bytes as ArrayLike<number>, (byte) => byte / 255);
  const first = convolved(shares, 8, 3, weight(`${name}.conv.0.weight`), weight(`${name}.conv.0.bias`));
  const second = convolved(first, 4, 16, weight(`${name}.conv.1.weight`), weight(`${name}.conv.1.bias`));
  return dense(second, 2 * 2 * 32, weight(`${name}.weight`), weight(`${name}.bias`));
}

const cells = rowsSpace(9, 3, false);
const indices = Int32Array.from({ length: N * 3 }, (_, i) => ((i * 7) % 10) - 1);
const numbers = randomNormal(N * 4, 3);
const bytes = Uint8Array.from({ length: N * 192 }, (_, i) => (i * 37 + 11 * (i % 5)) % 256);
const classes = Int32Array.of(3, 0, 1, 3, 2);
const all = {
  kind: 'record',
  parts: { cells, legs: { kind: 'record', parts: { joints: boxSpace([2, 2]), foot: discreteSpace(4) } }, eye: picture },
} as const;

describe.each(['software', 'gpu'] as const)('on %s kernels', (family) => {
  let device: Device;
  beforeAll(async () => {
    device = await requestDevice({ family });
  });
  afterAll(() => {
    expect(device.live).toBe(0);
    device.close();
  });

  function make(space: Space, values: Parameters<typeof writeValues>[1], start = START) {
    const store = new ParameterStore(device);
    const embedder = new Embedder(store, space, start);
    store.finish(new HostRandom(1));
    const observation = spaceTensors(device, space, N);
    writeValues(observation, values);
    const weights = async (): Promise<Weights> => {
      const saved = await store.save();
      return (name) => saved.get(name)?.data ?? expect.fail(`no ${name} among ${[...saved.keys()]}`);
    };
    return { store, embedder, observation, weights, read: () => noGrad(() => embedder.embed(observation)).read() };
  }

  test('rows are the product of one-hot vectors and a matrix', async () => {
    using _scope = device.scope();
    const { store, read, weights } = make(cells, [indices]);
    const expected = oneHot(indices, 3, (await weights())('embedding.weight'));
    expect(relativeError(await read(), expected)).toBeLessThan(1e-6);
    store.dispose();
  });

  test('a class is a row', async () => {
    using _scope = device.scope();
    const { store, read, weights } = make(discreteSpace(4), [classes]);
    expect(relativeError(await read(), oneHot(classes, 1, (await weights())('embedding.weight')))).toBeLessThan(1e-6);
    store.dispose();
  });

  test('a box is a linear layer of its numbers', async () => {
    using _scope = device.scope();
    const { store, read, weights } = make(boxSpace([2, 2]), [numbers]);
    const weight = await weights();
    expect(relativeError(await read(), dense(numbers, 4, weight('embedding.weight'), weight('embedding.bias')))).toBeLessThan(1e-6);
    store.dispose();
  });

  test('bytes in one axis are a box of shares of 255', async () => {
    using _scope = device.scope();
    const { store, read, weights } = make({ kind: 'box', shape: [192], type: 'u8' }, [bytes]);
    const weight = await weights();
    const shares = Float64Array.from(bytes, (byte) => byte / 255);
    expect(relativeError(await read(), dense(shares, 192, weight('embedding.weight'), weight('embedding.bias')))).toBeLessThan(1e-5);
    store.dispose();
  });

  test('a picture is two convolutions and a linear layer', async () => {
    using _scope = device.scope();
    const { store, read, weights } = make(picture, [bytes]);
    expect(relativeError(await read(), pictureReference(bytes, await weights()))).toBeLessThan(1e-5);
    store.dispose();
  });

  test('a record is the sum of its parts', async () => {
    using _scope = device.scope();
    const { store, read, weights } = make(all, [indices, numbers, classes, bytes]);
    const weight = await weights();
    const parts = [
      oneHot(indices, 3, weight('embedding.cells.weight')),
      dense(numbers, 4, weight('embedding.legs.joints.weight'), weight('embedding.legs.joints.bias')),
      oneHot(classes, 1, weight('embedding.legs.foot.weight')),
      pictureReference(bytes, weight, 'embedding.eye'),
    ];
    const expected = parts[0].map((_, i) => parts.reduce((total, part) => total + part[i], 0));
    expect(relativeError(await read(), expected)).toBeLessThan(1e-5);
    store.dispose();
  });

  test('gradients reach every parameter', async () => {
    using _scope = device.scope();
    const { store, embedder, observation } = make(all, [indices, numbers, classes, bytes]);
    store.zeroGradients();
    backward(sum(mul(embedder.embed(observation), device.tensor(randomNormal(N * WIDTH, 9), [N, WIDTH]))));
    expect(store.names).toHaveLength(10);
    for (const name of store.names) {
      const gradient = await (store.get(name).gradient as Tensor).read();
      expect(
        gradient.some((value) => value !== 0),
        name,
      ).toBe(true);
    }
    store.dispose();
  });

  test('observations of more or fewer parts than the space has are refused', () => {
    using _scope = device.scope();
    const { store, embedder, observation } = make(all, [indices, numbers, classes, bytes]);
    expect(() => embedder.embed(observation.slice(0, 3))).toThrow('3 tensors');
    expect(() => writeValues(observation, [indices, numbers, classes])).toThrow('3 arrays');
    store.dispose();
  });
});

describe('at the start', () => {
  let device: Device;
  beforeAll(async () => {
    device = await requestDevice();
  });
  afterAll(() => {
    expect(device.live).toBe(0);
    device.close();
  });

  const tableOf = async (space: Space, start: EmbeddingStart): Promise<Float32Array> => {
    const store = new ParameterStore(device, false);
    new Embedder(store, space, start);
    store.finish(new HostRandom(1));
    const table = (await store.save()).get('embedding.weight')?.data as Float32Array;
    store.dispose();
    return table;
  };

  test('rows spread as the space says: 0 writes +0, −1 is the model’s own, and other rows are what they were', async () => {
    const width = 512;
    const start = { width, std: 0.3 };
    const plain = await tableOf(rowsSpace(4, 1), start);
    const spread = await tableOf({ ...rowsSpace(4, 1), startSpread: Float32Array.of(-1, 0, 2, -1) }, start);
    const row = (table: Float32Array, i: number): Float32Array => table.subarray(i * width, (i + 1) * width);
    expect(row(spread, 0)).toEqual(row(plain, 0));
    expect(row(spread, 3)).toEqual(row(plain, 3));
    // Bits, for −0 equals +0.
    expect(new Uint32Array(row(spread, 1).slice().buffer).every((bits) => bits === 0)).toBe(true);
    const std = (values: Float32Array): number => Math.sqrt(values.reduce((total, x) => total + x * x, 0) / values.length);
    expect(
      relativeError(
        row(spread, 2),
        row(plain, 2).map((x) => (x * 2) / 0.3),
      ),
    ).toBeLessThan(1e-6);
    expect(std(row(plain, 0))).toBeGreaterThan(0.3 * 0.85);
    expect(std(row(plain, 0))).toBeLessThan(0.3 * 1.15);
  });

  test('scaled variances pay no heed to the space, and leave biases at zero as all others', async () => {
    const start = { width: 512, std: 0.3, varianceScale: 0.1 };
    const table = await tableOf({ ...rowsSpace(4, 2), startSpread: Float32Array.of(-1, 0, 2, -1) }, start);
    const variance = table.reduce((total, x) => total + x * x, 0) / table.length;
    expect(Math.abs(variance / (0.1 / 2) - 1)).toBeLessThan(0.15);
    const store = new ParameterStore(device, false);
    new Embedder(store, { kind: 'record', parts: { legs: boxSpace([3]), eye: picture } }, start);
    store.finish(new HostRandom(1));
    for (const [name, { data }] of await store.save())
      expect(
        data.every((x) => x === 0),
        name,
      ).toBe(name.endsWith('.bias'));
    store.dispose();
  });
});

describe('a model that sees and does boxes', () => {
  let device: Device;
  beforeAll(async () => {
    device = await requestDevice();
  });
  afterAll(() => {
    expect(device.live).toBe(0);
    device.close();
  });

  const spaces = { observation: boxSpace([3]), action: boxSpace([2]), predicted: boxSpace([3]) };
  const sizes = { ...spaces, width: 16, depth: 2, heads: 2, mlp: 32, initialisation: 'small-output' } as const;
  const models: readonly [string, (store: ParameterStore) => SequenceModel][] = [
    ['Transformer', (store) => new Transformer(store, { ...sizes, buckets: 8, maxDistance: 16 })],
    ['Hawk', (store) => new Hawk(store, { ...sizes, taps: 2 })],
  ];

  test.each(models)('learns one batch by heart: %s', async (_, modelOf) => {
    const [batch, time] = [6, 5];
    const n = batch * time;
    const observation = randomNormal(n * 3, 1);
    const data: SequenceBatch = {
      batch,
      time,
      observation: [observation],
      action: [Float32Array.from({ length: n * 2 }, (_, i) => Math.tanh(observation[Math.floor(i / 2) * 3 + (i % 2)]))],
      predicted: [observation.map((x) => x / 2)],
      mask: new Float32Array(n).fill(1),
    };
    for (const [i, { space }] of leavesOf(spaces.action).entries()) expect(data.action[i]).toHaveLength(n * leafSize(space));
    const store = new ParameterStore(device);
    const model = modelOf(store);
    store.finish(new HostRandom(1));
    const optimiser = new AdamW(store, { clip: 1 });
    const trainer = new Pretrainer(model, store, optimiser, { batch, meanLength: time, observationWeight: 0.1 });
    const measured = async () => {
      trainer.step(data, 0);
      return trainer.metrics();
    };
    const before = await measured();
    // Falling: with a small σ, large steps overshoot.
    for (let i = 0; i < 150; i++) trainer.step(data, 5e-3 * (1 - i / 150));
    await trainer.metrics();
    const after = await measured();
    // Two numbers: at σ = 1 a nat each at least; densities of what is known well are far above 1.
    expect(before.actionNll).toBeGreaterThan(1.8);
    expect(after.actionNll).toBeLessThan(-2);
    expect(after.observationNll).toBeLessThan(before.observationNll - 2);
    for (const part of [trainer, optimiser, model, store]) part.dispose();
  });
});
