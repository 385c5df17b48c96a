import type { Device, Scope } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { randomNormal } from '../../../kernels/src/testing/harness.js';
import { CodeController } from './code-controller.js';
import { FixedCodes } from './codes.js';
import { InternalEnvironment } from './internal-environment.js';
import { Rollout } from './rollout.js';
import { gridMini, trained } from './testing/trained.js';

let device: Device;
let scope: Scope;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => device.close());
beforeEach(() => {
  scope = device.scope();
});
afterEach(() => scope[Symbol.dispose]());

const N = 6;
const T = 9;

test('the same code at every decision: what a rollout with that code does', async () => {
  const parts = trained(device);
  const codes = randomNormal(N * 8, 4);
  const source = new FixedCodes(device.tensor(codes, [N, 8]));
  const controller = new CodeController({ ...parts, gate: parts.hard, source, episodes: N });
  const expected = await new Rollout({ model: parts.model, environment: gridMini('03', N, T), controller, seed: 9 }).run(2);

  const internal = new InternalEnvironment({ ...parts, gate: parts.hard, environment: gridMini('03', N, T), seed: 9 });
  let step = await internal.reset(2);
  expect([...step.info.open]).toEqual(new Array(N).fill(1));
  const reward = new Float32Array(N);
  const length = new Uint16Array(N);
  const decisions = new Uint16Array(N);
  while (step.terminated.some((over, i) => !over && !step.truncated[i])) {
    for (let i = 0; i < N; i++) decisions[i] += step.info.open[i];
    step = await internal.step(codes);
    for (let i = 0; i < N; i++) {
      reward[i] += step.reward[i];
      length[i] += step.info.held[i];
      if (step.info.open[i]) expect(step.info.ended[i]).toBe(1);
      if (!step.info.ended[i]) expect(step.info.held[i]).toBe(0);
    }
  }
  expect(length).toEqual(expected.length);
  expect(reward).toEqual(expected.reward);
  for (let i = 0; i < N; i++) expect(decisions[i]).toBe(expected.open.subarray(i * T, (i + 1) * T).reduce((a, b) => a + b, 0));
});

test('one environment: a call is one internal step, and its observations are all that was seen meanwhile', async () => {
  const parts = trained(device);
  const internal = new InternalEnvironment({ ...parts, gate: parts.hard, environment: gridMini('0123', 1, T), seed: 3 });
  const begin = await internal.reset();
  expect(begin.observation).toHaveLength(64);
  expect(begin.info.seen).toHaveLength(1);
  const step = await internal.step(randomNormal(8, 1));
  expect(step.info.ended[0]).toBe(1);
  expect(step.info.held[0]).toBeGreaterThan(0);
  const over = step.terminated[0] || step.truncated[0];
  expect(step.info.seen).toHaveLength(step.info.held[0] - (over ? 1 : 0));
  expect(step.observation).toBe(step.info.seen.at(-1) ?? begin.observation);
  expect(step.info.open[0]).toBe(over ? 0 : 1);
});

test('a gate that is always open makes internal steps of one environment step', async () => {
  const parts = trained(device);
  const internal = new InternalEnvironment({ ...parts, gate: parts.open, environment: gridMini('0123', N, T), seed: 3 });
  await internal.reset();
  const { info } = await internal.step(randomNormal(N * 8, 1));
  expect([...info.held]).toEqual(new Array(N).fill(1));
});

test('misuse is refused', async () => {
  const parts = trained(device);
  const internal = new InternalEnvironment({ ...parts, gate: parts.hard, environment: gridMini('0', 1, 1), seed: 3 });
  await expect(internal.step(new Float32Array(8))).rejects.toThrow('reset() first');
  await internal.reset();
  await expect(internal.step(new Float32Array(7))).rejects.toThrow('8 for [1, 8]');
  await internal.step(new Float32Array(8));
  await expect(internal.step(new Float32Array(8))).rejects.toThrow('reset() first');
});

test('nothing is left of it', async () => {
  const parts = trained(device);
  const { live } = device;
  const internal = new InternalEnvironment({ ...parts, gate: parts.hard, environment: gridMini('0123', 2, 3), seed: 3 });
  await internal.reset();
  await internal.step(new Float32Array(16));
  internal.dispose();
  expect(device.live).toBe(live);
});
