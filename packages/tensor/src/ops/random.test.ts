import { openUniform, philox4x32 } from '@coxswain/base';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { backward } from '../autograd.js';
import type { Device } from '../device.js';
import { requestDevice } from '../node.js';
import { RandomState } from '../random.js';
import type { Tensor } from '../tensor.js';
import { mul, sum } from './index.js';
import { dropout, philoxCategorical, philoxLogistic, philoxNormal, philoxUniform } from './random.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

test('a captured draw gives new numbers each step, and the same ones for the same step', async () => {
  using random = new RandomState(device, 2 ** 40 + 7);
  const program = device.capture(() => ({
    uniform: philoxUniform(random, 3, [5, 2]),
    normal: philoxNormal(random, 4, [5, 2]),
    logistic: philoxLogistic(random, 4, [5, 2]),
    ...philoxCategorical(device.tensor(new Float32Array(12), [6, 2]), random, 5),
  }));
  const at = async (step: number): Promise<number[][]> => {
    random.write(step);
    program.run();
    return (await device.read(Object.values(program.outputs))).map((data) => Array.from(data));
  };
  const first = await at(1);
  const second = await at(2);
  expect(await at(1)).toEqual(first);
  first.slice(0, 3).forEach((numbers, i) => {
    expect(numbers).not.toEqual(second[i]);
  });
  const expected = Array.from({ length: 10 }, (_, i) => openUniform(philox4x32([i >> 2, 3, 1, 0], [7, 256])[i % 4]));
  expect(first[0]).toEqual(expected);
  program.dispose();
});

test('a row that moved keeps its draw', async () => {
  using _scope = device.scope();
  using random = new RandomState(device, 1);
  const logits = (rows: number) => device.tensor(new Float32Array(rows * 7), [rows, 7]);
  const all = await device.read([philoxCategorical(logits(100), random, 0).index]);
  const owner = Uint32Array.of(99, 5, 42);
  const some = await device.read([philoxCategorical(logits(3), random, 0, { owner: device.tensor(owner) }).index]);
  expect(Array.from(some[0])).toEqual(Array.from(owner, (i) => all[0][i]));
});

test('seeds and steps are whole numbers', () => {
  expect(() => new RandomState(device, -1)).toThrow('seed -1');
  using random = new RandomState(device, 0);
  expect(() => random.write(0.5)).toThrow('step 0.5');
});

test.each([-1, 0.5, Number.NaN, 2 ** 32])('stream %s is refused: its bits would be cut off', (stream) => {
  using random = new RandomState(device, 0);
  using logits = device.zeros([2, 3]);
  for (const draw of [philoxUniform, philoxNormal, philoxLogistic])
    expect(() => draw(random, stream, [4])).toThrow(`stream ${stream}, expected an integer from 0 to 4294967295`);
  expect(() => philoxCategorical(logits, random, stream)).toThrow(`stream ${stream}`);
});

test('dropout: the gradient goes through what was kept, scaled', async () => {
  using _scope = device.scope();
  using random = new RandomState(device, 11);
  random.write(3);
  const x = device.tensor(Float32Array.from({ length: 400 }, (_, i) => i + 1)).requireGradient();
  const weights = device.tensor(Float32Array.from({ length: 400 }, (_, i) => Math.sin(i)));
  const out = dropout(x, 0.25, random, 2);
  backward(sum(mul(out, weights)));
  const [kept, gradient] = await device.read([out, x.gradient as Tensor]);
  for (let i = 0; i < 400; i++) {
    expect([0, Math.fround((i + 1) * Math.fround(4 / 3))]).toContainEqual(kept[i]);
    expect(gradient[i]).toBeCloseTo(kept[i] === 0 ? 0 : (Math.sin(i) * 4) / 3, 5);
  }
  expect(dropout(x, 0, random, 2)).toBe(x);
});

test('dropout: other streams and steps drop others; probabilities that are none, and a step written before backward, are refused', async () => {
  using _scope = device.scope();
  using random = new RandomState(device, 11);
  const x = device.tensor(new Float32Array(64).fill(1)).requireGradient();
  const drawn = async (stream: number): Promise<string> => (await dropout(x, 0.5, random, stream).read()).join();
  const first = await drawn(1);
  expect(await drawn(1)).toBe(first);
  expect(await drawn(2)).not.toBe(first);
  const out = dropout(x, 0.5, random, 1);
  random.write(1);
  expect(await drawn(1)).not.toBe(first);
  expect(() => backward(sum(out))).toThrow(expect.objectContaining({ code: 'changed' }));
  for (const probability of [1, -0.1, Number.NaN, 2])
    expect(() => dropout(x, probability, random, 0)).toThrow(expect.objectContaining({ code: 'bad-argument' }));
  // At 0 nothing is launched that would check it.
  for (const probability of [0, 0.5])
    expect(() => dropout(device.zeros([2], 'i32'), probability, random, 0)).toThrow(expect.objectContaining({ code: 'bad-shape' }));
});
