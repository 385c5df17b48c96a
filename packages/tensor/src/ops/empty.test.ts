/**
 * Every operation on tensors without elements: the right result without elements, zeros, or sums of nothing; and their
 * gradients.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { backward } from '../autograd.js';
import type { Device } from '../device.js';
import { requestDevice } from '../node.js';
import { RandomState } from '../random.js';
import type { Dimensions, Tensor } from '../tensor.js';
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

const given: Tensor[] = [];
/** A leaf, of ones: its gradient is looked at. */
function ones(shape: Dimensions): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const made = device.tensor(new Float32Array(size).fill(1), shape).requireGradient();
  given.push(made);
  return made;
}
const i32 = (shape: Dimensions): Tensor => device.zeros(shape, 'i32');
const u32 = (shape: Dimensions): Tensor => device.zeros(shape, 'u32');

/** What each gives, its shape, and its elements where it has any. */
const cases: Record<string, readonly [run: () => Tensor, shape: Dimensions, values?: readonly number[]]> = {
  relu: [() => ops.relu(ones([0, 3])), [0, 3]],
  tanh: [() => ops.tanh(ones([0])), [0]],
  scale: [() => ops.scale(ones([2, 0]), 2), [2, 0]],
  clamp: [() => ops.clamp(ones([0]), 0, 1), [0]],
  softmax: [() => ops.softmax(ones([0, 3])), [0, 3]],
  add: [() => ops.add(ones([0, 3]), ones([3])), [0, 3]],
  'add, stretched to nothing': [() => ops.add(ones([0]), ones([1])), [0]],
  addRelu: [() => ops.addRelu(ones([0, 3]), ones([0, 3])), [0, 3]],
  mul: [() => ops.mul(ones([2, 0, 3]), ones([2, 1, 3])), [2, 0, 3]],
  div: [() => ops.div(ones([0, 3]), ones([0, 1])), [0, 3]],
  sub: [() => ops.sub(ones([3]), ones([0, 3])), [0, 3]],
  maximum: [() => ops.maximum(ones([0, 3]), ones([1])), [0, 3]],
  'sum of nothing': [() => ops.sum(ones([0, 3])), [1], [0]],
  'sum along an empty axis': [() => ops.sum(ones([0, 3]), 0), [3], [0, 0, 0]],
  'sum beside an empty axis': [() => ops.sum(ones([0, 3]), 1), [0]],
  'mean beside an empty axis': [() => ops.mean(ones([0, 3]), 1), [0]],
  slice: [() => ops.slice(ones([4, 2]), 0, 2, 2), [0, 2]],
  'slice of nothing': [() => ops.slice(ones([0, 4]), 1, 1, 3), [0, 2]],
  'concat with nothing': [() => ops.concat([ones([0, 2]), ones([1, 2])], 0), [1, 2], [1, 1]],
  'concat of nothing': [() => ops.concat([ones([0, 2]), ones([0, 2])], 0), [0, 2]],
  'concat of rows that are none': [() => ops.concat([ones([0, 2]), ones([0, 3])], 1), [0, 5]],
  reshape: [() => ones([0, 3]).reshape([5, 0]), [5, 0]],
  expand: [() => ops.expand(ones([1, 3]), [0, 3]), [0, 3]],
  besidePrevious: [() => ops.besidePrevious(ones([0, 2, 3]), ones([0, 2, 1])), [0, 2, 4]],
  'besidePrevious, no steps': [() => ops.besidePrevious(ones([2, 1, 3]), ones([2, 1, 1]), 0), [2, 0, 4]],
  selectRows: [() => ops.selectRows(ones([2, 3]), u32([0]), u32([2])), [0, 3]],
  'selectRows of nothing': [() => ops.selectRows(ones([0, 3]), u32([2]), u32([0])), [2, 3], [0, 0, 0, 0, 0, 0]],
  linear: [() => ops.linear(ones([0, 4]), ones([3, 4]), { bias: ones([3]), relu: true }), [0, 3]],
  'linear to nothing': [() => ops.linear(ones([2, 4]), ones([0, 4])), [2, 0]],
  normedLinear: [() => ops.normedLinear(ones([0, 4]), { gamma: ones([4]), beta: ones([4]), eps: 1e-5 }, ones([8, 4])), [0, 8]],
  layerNorm: [() => ops.layerNorm(ones([0, 8]), { gamma: ones([8]), beta: ones([8]) }), [0, 8]],
  'layerNorm of 32': [() => ops.layerNorm(ones([0, 32]), { gamma: ones([32]), beta: ones([32]) }), [0, 32]],
  rmsNorm: [() => ops.rmsNorm(ones([0, 8]), { gamma: ones([8]) }), [0, 8]],
  embeddingSum: [() => ops.embeddingSum(ones([5, 4]), i32([0, 2])), [0, 4]],
  'embeddingSum, no slots': [() => ops.embeddingSum(ones([5, 4]), i32([2, 0])), [2, 4], [0, 0, 0, 0, 0, 0, 0, 0]],
  crossEntropy: [() => ops.crossEntropy(ones([0, 3]), i32([0])), [0]],
  maskedMean: [() => ops.maskedMean(ones([0]), device.zeros([0])), [1], [0]],
  clippedObjective: [() => ops.clippedObjective(ones([0]), device.zeros([0]), device.zeros([0]), { clip: 0.2 }), [0]],
  gaussianKl: [() => ops.gaussianKl(ones([0, 2]), ones([0, 2])), [0]],
  gaussianLogProb: [() => ops.gaussianLogProb(ones([0, 2]), ones([0, 2]), ones([2])), [0]],
  reparameterise: [() => ops.reparameterise(ones([0, 2]), ones([2]), device.zeros([0, 2])), [0, 2]],
  gaussianPosterior: [() => ops.gaussianPosterior(ones([0, 4]), [-1, 1], device.zeros([0, 2])).sample, [0, 2]],
  causalAttention: [() => ops.causalAttention(ones([0, 3, 24]), { heads: 2 }), [0, 3, 8]],
  'causalAttention, no steps': [() => ops.causalAttention(ones([2, 0, 24]), { heads: 2 }), [2, 0, 8]],
  gru: [() => ops.gru(ones([0, 3, 12]), ones([12, 4]), ones([12])), [0, 3, 4]],
  'gru, no steps': [() => ops.gru(ones([2, 0, 12]), ones([12, 4]), ones([12]), { h0: ones([2, 4]) }), [2, 0, 4]],
  rgLru: [() => ops.rgLru({ x: ones([0, 3, 4]), gates: ones([0, 3, 8]), lambda: ones([4]) }), [0, 3, 4]],
  'rgLru, no steps': [() => ops.rgLru({ x: ones([2, 0, 4]), gates: ones([2, 0, 8]), lambda: ones([4]) }), [2, 0, 4]],
  steer: [() => ops.steer(ones([0, 4]), ones([0, 1]), ones([2, 4]), ones([2, 4]), 1), [0, 4]],
  switchIntegrate: [
    () => {
      const weights = { wz: ones([5, 4]), w2: ones([5]), b2: ones([1]), control: device.zeros([3]) };
      return ops.switchIntegrate({ proposal: ones([0, 3, 4]), pre: ones([0, 3, 5]), ...weights }).z;
    },
    [0, 3, 4],
  ],
};

/** Leaves NaN in the memory that small tensors get next: what is left unwritten shows. */
function poison(): void {
  using _scope = device.scope();
  for (let i = 0; i < 64; i++) for (const size of [64, 128]) device.tensor(new Float32Array(size).fill(Number.NaN));
}

test.each(Object.entries(cases))('%s', async (_, [run, shape, values]) => {
  poison();
  using _scope = device.scope();
  given.length = 0;
  const out = run();
  expect(out.shape).toEqual(shape);
  expect(Array.from(await out.read())).toEqual(values ?? []);
  backward(out, device.tensor(new Float32Array(out.size).fill(1), out.shape));
  // What made nothing has no influence; what was passed on, by concat alone, has 1.
  const gradients = await device.read(given.map(({ gradient }) => gradient as Tensor));
  const passed = out.size > 0 && values?.includes(1) ? 1 : 0;
  for (const gradient of gradients) expect(Array.from(gradient)).toEqual(new Array(gradient.length).fill(passed));
  await device.finish();
});

test('draws, choices, gathers and moves of nothing', async () => {
  poison();
  using _scope = device.scope();
  expect((await ops.philoxNormal(random, 0, [0, 2]).read()).length).toBe(0);
  expect((await ops.philoxNormal(random, 0, [0, 2], u32([0])).read()).length).toBe(0);
  expect((await ops.philoxCategorical(device.zeros([0, 3]), random, 0).index.read()).length).toBe(0);
  expect((await ops.gatherRows(device.zeros([2, 0]), u32([3])).read()).length).toBe(0);
  const [a, b] = ops.gatherRowsOf([device.zeros([2, 3]), device.zeros([2])], u32([0]));
  expect([a.shape, b.shape]).toEqual([[0, 3], [0]]);
  const out = device.tensor(Float32Array.of(1, 2), [2, 1]);
  ops.scatterRowsOf([[device.zeros([0, 1]), out]], u32([0]));
  ops.accumulateSum(device.zeros([0]), ops.slice(out.reshape([2]), 0, 0, 1));
  ops.accumulateRows(device.zeros([0, 2]), out);
  device.copy(device.zeros([0]), device.zeros([0]));
  expect(Array.from(await out.read())).toEqual([1, 2]);
  const statistics = ops.clippedObjectiveStatistics(device.zeros([0]), device.zeros([0]), device.zeros([0]), { clip: 0.2 });
  expect(Array.from(await statistics.read())).toEqual([0, 0, 0]);
  await device.finish();
});
