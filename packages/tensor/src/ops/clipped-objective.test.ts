import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Device } from '../device.js';
import { requestDevice } from '../node.js';
import { gradientErrors } from '../testing/gradient-check.js';
import { clippedObjective, clippedObjectiveStatistics, maskedMean } from './index.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

const [B, T] = [3, 5];
// Far from the corners of the objective, where it has no derivative: ratios about 0.6, 1.0 and 1.6.
const newLogProb = Float32Array.from({ length: B * T }, (_, i) => [-0.5, 0.02, 0.47][i % 3]);
const mask = Float32Array.from({ length: B * T }, (_, i) => (i % 4 === 3 ? 0 : 1));

test.each([[[B]], [[B, T]]])('gradients with advantages of shape [%j] agree with differences', async (advantageShape) => {
  const size = advantageShape.reduce((product, n) => product * n, 1);
  const advantage = Float32Array.from({ length: size }, (_, i) => (i % 2 === 0 ? 1.3 : -0.7));
  const errors = await gradientErrors(device, { newLogProb: { data: newLogProb, shape: [B, T] } }, ({ newLogProb: now }) =>
    maskedMean(
      clippedObjective(now, device.zeros([B, T]), device.tensor(advantage, advantageShape), { clip: 0.2 }),
      device.tensor(mask, [B, T]),
    ),
  );
  expect(errors.newLogProb).toBeLessThan(5e-3);
});

test('statistics of a policy that has not moved, and of one that has', async () => {
  using _scope = device.scope();
  const before = device.zeros([B * T]);
  const all = device.tensor(new Float32Array(B * T).fill(1));
  expect(Array.from(await clippedObjectiveStatistics(before, before, all, { clip: 0.2 }).read())).toEqual([0, 0, B * T]);
  const moved = await clippedObjectiveStatistics(device.tensor(newLogProb), before, all, { clip: 0.2 }).read();
  const divergence = [-0.5, 0.02, 0.47].reduce((total, d) => total + (Math.exp(d) - 1 - d) / 3, 0);
  expect(moved[0]).toBeCloseTo(divergence, 5);
  expect(moved[1]).toBeCloseTo(2 / 3, 6);
});

test('shapes that do not fit are refused', () => {
  using _scope = device.scope();
  const x = device.zeros([15]);
  expect(() => clippedObjective(x, x, device.zeros([4]), { clip: 0.2 })).toThrow('clippedObjective');
});
