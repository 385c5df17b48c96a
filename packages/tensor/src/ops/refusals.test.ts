/** What operations refuse, with a typed error that names it: a wrong number must never pass for a right one. */
import { CoxswainError, HostRandom } from '@coxswain/base';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AdamW, type AdamWSettings } from '../adamw.js';
import type { Device } from '../device.js';
import { requestDevice } from '../node.js';
import { ParameterStore } from '../parameters.js';
import { RandomState } from '../random.js';
import type { Dimensions, DType, Tensor } from '../tensor.js';
import * as ops from './index.js';

let device: Device;
let random: RandomState;
beforeAll(async () => {
  device = await requestDevice();
  random = new RandomState(device, 1);
});
afterAll(() => {
  random.dispose();
  expect(device.live).toBe(0);
  device.close();
});

const zeros = (shape: Dimensions, dtype: DType = 'f32'): Tensor => device.zeros(shape, dtype);
const i32 = (shape: Dimensions): Tensor => zeros(shape, 'i32');
const u32 = (shape: Dimensions): Tensor => zeros(shape, 'u32');

const attention = (more: object, qkv = zeros([2, 6, 24])): Tensor => ops.causalAttention(qkv, { heads: 2, ...more });
const step = (more: object, qkv = zeros([2, 24])): Tensor =>
  ops.attentionStep(qkv, { keys: zeros([3, 6, 8]), values: zeros([3, 6, 8]), step: u32([1]), heads: 2, ...more });
const switched = (more: object): Tensor =>
  ops.switchIntegrate({
    proposal: zeros([2, 3, 4]),
    pre: zeros([2, 3, 5]),
    wz: zeros([5, 4]),
    w2: zeros([5]),
    b2: zeros([1]),
    control: zeros([3]),
    ...more,
  }).z;
const rgLru = (more: object): Tensor => ops.rgLru({ x: zeros([2, 3, 4]), gates: zeros([2, 3, 8]), lambda: zeros([4]), ...more });
const gru = (more: object, gates = zeros([2, 3, 12])): Tensor => ops.gru(gates, zeros([12, 4]), zeros([12]), more);

type Case = readonly [what: string, body: () => unknown];

const dtypes: readonly Case[] = [
  ...Object.entries({
    div: ops.div,
    minimum: ops.minimum,
    maximum: ops.maximum,
    addRelu: ops.addRelu,
  }).flatMap(([name, f]): Case[] => [
    [`${name}(i32, i32)`, () => f(i32([4]), i32([4]))],
    [`${name}(f32, u32)`, () => f(zeros([4]), u32([4]))],
    [`${name} of nothing, i32`, () => f(i32([0]), i32([0]))],
  ]),
  ...Object.entries({ add: ops.add, sub: ops.sub, mul: ops.mul }).flatMap(([name, f]): Case[] => [
    [`${name}(f32, u32)`, () => f(zeros([4]), u32([4]))],
    [`${name}(i32, u32) of nothing`, () => f(i32([0]), u32([0]))],
  ]),
  ...Object.entries({
    relu: ops.relu,
    exp: ops.exp,
    log: ops.log,
    tanh: ops.tanh,
    softmax: ops.softmax,
    sum: ops.sum,
    mean: ops.mean,
    layerNorm: ops.layerNorm,
  }).map(([name, f]): Case => [`${name}(u32)`, () => f(u32([4]))]),
  ['sum of nothing, u32', () => ops.sum(u32([0]))],
  ['concat of two dtypes', () => ops.concat([i32([2]), zeros([2])], 0)],
  ['concat of two dtypes, one empty', () => ops.concat([i32([0]), zeros([2])], 0)],
  ['concat of three dtypes', () => ops.concat([zeros([2]), zeros([2]), u32([2])], 0)],
  ['besidePrevious of two dtypes', () => ops.besidePrevious(zeros([1, 2, 3]), i32([1, 2, 3]))],
  ['expand(i32)', () => ops.expand(i32([1]), [4])],
  ['f32 gather indices', () => ops.gatherRows(zeros([4, 2]), zeros([2]))],
  ['i32 gather indices', () => ops.gatherRowsOf([zeros([4, 2])], i32([2]))],
  ['f32 scatter indices', () => ops.scatterRowsOf([[zeros([2, 2]), zeros([4, 2])]], zeros([2]))],
  ['scatter of i32 into f32', () => ops.scatterRowsOf([[i32([2, 2]), zeros([4, 2])]], u32([2]))],
  ['f32 indices of selectRows', () => ops.selectRows(zeros([4, 2]), zeros([2]), u32([4]))],
  ['f32 places back', () => ops.selectRows(zeros([4, 2]), u32([2]), zeros([4]))],
  ['f32 class targets', () => ops.crossEntropy(zeros([2, 3]), zeros([2]))],
  ['u32 class targets', () => ops.crossEntropy(zeros([2, 3]), u32([2]))],
  ['i32 logits', () => ops.crossEntropy(i32([2, 3]), i32([2]))],
  ['an i32 mask', () => ops.maskedMean(zeros([4]), i32([4]))],
  ['u32 values under a mask', () => ops.maskedMean(u32([4]), zeros([4]))],
  ['an i32 mask of statistics', () => ops.clippedObjectiveStatistics(zeros([4]), zeros([4]), i32([4]), { clip: 0.2 })],
  ['i32 advantages', () => ops.clippedObjective(zeros([4]), zeros([4]), i32([4]), { clip: 0.2 })],
  ['f32 indices of an embedding', () => ops.embeddingSum(zeros([4, 2]), zeros([3, 1]))],
  ['an i32 table', () => ops.embeddingSum(i32([4, 2]), i32([3, 1]))],
  ['linear of i32', () => ops.linear(i32([2, 3]), zeros([4, 3]))],
  ['a u32 bias', () => ops.linear(zeros([2, 3]), zeros([4, 3]), { bias: u32([4]) })],
  ['an i32 residual', () => ops.linear(zeros([2, 3]), zeros([4, 3]), { residual: i32([2, 4]) })],
  ['i32 codes in steering', () => ops.steer(zeros([2, 4]), i32([2, 1]), zeros([2, 4]), zeros([2, 4]), 1)],
  ['i32 noise', () => ops.reparameterise(zeros([2, 3]), zeros([3]), i32([2, 3]))],
  ['u32 gates of a recurrence', () => gru({}, u32([2, 3, 12]))],
  ['f32 lengths of a recurrence', () => gru({ lengths: zeros([2]) })],
  ['i32 initial state', () => rgLru({ h0: i32([2, 4]) })],
  ['f32 flags of a switch', () => switched({ opened: zeros([2]) })],
  ['f32 owners of a draw', () => ops.philoxNormal(random, 0, [3, 2], zeros([3]))],
  ['f32 owners of a choice', () => ops.philoxCategorical(zeros([3, 2]), random, 0, { owner: zeros([3]) })],
  ['i32 accumulated to f32', () => ops.accumulateSum(i32([3]), zeros([1]))],
  ['f32 lengths of attention', () => attention({ lengths: zeros([2]) })],
  ['f32 buckets', () => attention({ biasTable: zeros([4, 2]), bucketOfDistance: zeros([6]) })],
  ['an i32 step', () => step({ step: i32([1]) })],
  ['f32 cache rows', () => step({ cacheRow: zeros([2]) })],
  ['u32 caches', () => step({ keys: u32([3, 6, 8]), values: u32([3, 6, 8]) })],
];

const table = (buckets: number, heads: number, distances: number) => ({
  biasTable: zeros([buckets, heads]),
  bucketOfDistance: u32([distances]),
});
const shapes: readonly Case[] = [
  ['lengths of another batch', () => attention({ lengths: u32([3]) })],
  ['lengths of a smaller batch', () => attention({ lengths: u32([1]) })],
  ['a bucket table too short for the time', () => attention(table(4, 2, 5))],
  ['a bias of other heads', () => attention(table(4, 3, 6))],
  ['a bias without axes', () => attention({ ...table(4, 2, 6), biasTable: zeros([8]) })],
  ['a bias without buckets', () => attention({ biasTable: zeros([4, 2]) })],
  ['buckets without a bias', () => attention({ bucketOfDistance: u32([6]) })],
  ['no heads', () => attention({ heads: 0 })],
  ['heads that do not divide the width', () => attention({ heads: 3 })],
  ['half a head', () => attention({ heads: 0.5 })],
  ['a window of NaN', () => attention({ window: Number.NaN })],
  ['values of another shape than keys', () => step({ values: zeros([3, 5, 8]) })],
  ['values of other rows than keys', () => step({ values: zeros([2, 6, 8]) })],
  ['caches without an axis', () => step({ keys: zeros([3, 48]), values: zeros([3, 48]) })],
  ['three steps', () => step({ step: u32([3]) })],
  ['cache rows of another batch', () => step({ cacheRow: u32([3]) })],
  ['more queries than rows', () => step({}, zeros([4, 24]))],
  ['a step with a bucket table too short', () => step(table(4, 2, 5))],
  ['a step with a bias of other heads', () => step(table(4, 1, 6))],
  ['heads of a step that do not divide', () => step({ heads: 3 })],
  ['an axis out of range', () => ops.slice(zeros([2, 3]), 2, 0, 1)],
  ['a fractional axis', () => ops.slice(zeros([2, 3]), 0.5, 0, 1)],
  ['an axis NaN', () => ops.slice(zeros([2, 3]), Number.NaN, 0, 1)],
  ['a fractional range', () => ops.slice(zeros([2, 3]), 1, 0.5, 1)],
  ['a range that ends at NaN', () => ops.slice(zeros([2, 3]), 1, 0, Number.NaN)],
  ['a range past the end', () => ops.slice(zeros([2, 3]), 1, 0, 4)],
  ['concat along no axis', () => ops.concat([zeros([2]), zeros([2])], 1)],
  ['concat along a fractional axis', () => ops.concat([zeros([2]), zeros([2])], 0.5)],
  ['concat of nothing', () => ops.concat([], 0)],
  ['concat of other sizes, one empty', () => ops.concat([zeros([0, 2]), zeros([2, 3])], 0)],
  ['sum along no axis', () => ops.sum(zeros([2, 3]), 2)],
  ['sum along a fractional axis', () => ops.sum(zeros([2, 3]), 0.5)],
  ['mean along an axis NaN', () => ops.mean(zeros([2, 3]), Number.NaN)],
  ['a mean of nothing', () => ops.mean(zeros([0]))],
  ['a mean along an empty axis', () => ops.mean(zeros([2, 0]), 1)],
  ['expansion to a negative length', () => ops.expand(zeros([1]), [-1])],
  ['expansion of what is not 1', () => ops.expand(zeros([2]), [3])],
  ['five axes that broadcast', () => ops.add(zeros([2, 1, 2, 1, 2]), zeros([1, 2, 1, 2, 1]))],
  ['shapes that do not broadcast', () => ops.add(zeros([2]), zeros([3]))],
  ['rows of a number', () => ops.gatherRows(zeros([]), u32([1]))],
  ['no tensors to gather', () => ops.gatherRowsOf([], u32([1]))],
  ['a layer norm with a gain alone', () => ops.layerNorm(zeros([2, 3]), { gamma: zeros([3]) })],
  ['a layer norm with an offset alone', () => ops.layerNorm(zeros([2, 3]), { beta: zeros([3]) })],
  [
    'a norm of another width than the layer',
    () => ops.normedLinear(zeros([2, 4]), { gamma: zeros([3]), beta: zeros([3]), eps: 1 }, zeros([8, 4])),
  ],
  ['a layer norm of empty rows', () => ops.layerNorm(zeros([2, 0]))],
  ['a layer norm of a number', () => ops.layerNorm(zeros([]))],
  ['no classes', () => ops.crossEntropy(zeros([2, 0]), i32([2]))],
  ['no classes to draw from', () => ops.philoxCategorical(zeros([2, 0]), random, 0)],
  ['sums into several', () => ops.accumulateSum(zeros([4]), zeros([2]))],
  ['rows into columns that do not divide them', () => ops.accumulateRows(zeros([5]), zeros([2]))],
  ['a draw of negative lengths', () => ops.philoxUniform(random, 0, [-2, -2])],
];

const numbers: readonly Case[] = [
  ...[0, -1, Number.NaN, Number.POSITIVE_INFINITY].map(
    (temperature): Case => [`temperature ${temperature}`, () => ops.philoxCategorical(zeros([2, 3]), random, 0, { temperature })],
  ),
  ['clamp with low above high', () => ops.clamp(zeros([2]), 1, -1)],
  ['clamp from NaN', () => ops.clamp(zeros([2]), Number.NaN, 1)],
  ['clamp to NaN', () => ops.clamp(zeros([2]), 0, Number.NaN)],
  ['scale by NaN', () => ops.scale(zeros([2]), Number.NaN)],
  ['scale by infinity', () => ops.scale(zeros([2]), Number.POSITIVE_INFINITY)],
  ['shift by NaN', () => ops.scale(zeros([2]), 1, Number.NaN)],
  ['scale by nothing', () => ops.scale(zeros([2]), undefined as unknown as number)],
  ['scale by a text', () => ops.scale(zeros([2]), '2' as unknown as number)],
  ['expand by NaN', () => ops.expand(zeros([1]), [2], Number.NaN)],
  ...[0, -1e-5, Number.NaN].flatMap((eps): Case[] => [
    [`layerNorm with eps ${eps}`, () => ops.layerNorm(zeros([2, 3]), { eps })],
    [`rmsNorm with eps ${eps}`, () => ops.rmsNorm(zeros([2, 3]), { gamma: zeros([3]), eps })],
    [`normedLinear with eps ${eps}`, () => ops.normedLinear(zeros([2, 4]), { gamma: zeros([4]), beta: zeros([4]), eps }, zeros([8, 4]))],
  ]),
  ...[0, -0.2, Number.NaN].flatMap((clip): Case[] => [
    [`clippedObjective with clip ${clip}`, () => ops.clippedObjective(zeros([2]), zeros([2]), zeros([2]), { clip })],
    [`its statistics with clip ${clip}`, () => ops.clippedObjectiveStatistics(zeros([2]), zeros([2]), zeros([2]), { clip })],
  ]),
  ['bounds of a posterior the wrong way round', () => ops.gaussianPosterior(zeros([2, 4]), [1, -1])],
  ['bounds of NaN', () => ops.gaussianPosterior(zeros([2, 4]), [Number.NaN, 1])],
];

const streams = [-1, 0.5, 2 ** 32, Number.NaN].map((stream): Case => [`stream ${stream}`, () => ops.philoxUniform(random, stream, [3])]);

describe.each<[string, string, readonly Case[]]>([
  ['dtypes', 'bad-shape', dtypes],
  ['shapes', 'bad-shape', shapes],
  ['numbers', 'bad-argument', numbers],
  ['streams', 'bad-stream', streams],
])('%s', (_, code, cases) => {
  test.each(cases)('%s', (_, body) => {
    using _scope = device.scope();
    let thrown: unknown;
    try {
      body();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(CoxswainError);
    expect(thrown).toMatchObject({ code, value: expect.any(String), expected: expect.any(String) });
  });
});

describe('AdamW', () => {
  const withStore = <T>(body: (store: ParameterStore) => T): T => {
    const store = new ParameterStore(device);
    store.declare('w', [2], (values) => values.fill(1));
    store.finish(new HostRandom(0));
    try {
      return body(store);
    } finally {
      store.dispose();
    }
  };

  test.each([Number.NaN, -1e-3, Number.POSITIVE_INFINITY])('a learning rate of %d', (learningRate) => {
    withStore((store) => {
      const optimiser = new AdamW(store);
      expect(() => optimiser.prepare(learningRate)).toThrow(/learning rate.*expected a finite number of at least 0/);
      // Nothing counts as an update.
      expect(optimiser.step).toBe(0);
      optimiser.prepare(0);
      optimiser.dispose();
    });
  });

  test.each<AdamWSettings>([
    { beta1: 1 },
    { beta1: -0.1 },
    { beta2: Number.NaN },
    { beta2: 1.5 },
    { eps: 0 },
    { eps: -1e-8 },
    { weightDecay: -0.1 },
    { weightDecay: Number.NaN },
    { clip: -1 },
    { clip: Number.NaN },
    { gradientScale: 0 },
  ])('settings %o', (settings) => {
    withStore((store) => {
      expect(() => new AdamW(store, settings)).toThrow(Object.keys(settings)[0]);
    });
  });
});
