import { requestDevice } from '@coxswain/tensor/node';
import { expect, test } from 'vitest';
import { Ours } from '../ours.js';
import { smallDiscovery } from '../training/small.js';
import { rolloutError } from './check.js';
import { alone, makeRecorded, steered } from './rollout.js';
import { measureRollout } from './suite.js';

const small = { config: { ...alone.config, width: 16, depth: 3, heads: 2, mlp: 32 }, episodes: 12, horizon: 9 };
const { controller } = smallDiscovery;

const specs = [
  ['alone', { ...alone, ...small }],
  ['steered', { ...steered, ...small, controller }],
] as const;

test.each(specs)('a rollout (%s) does what float64 says, with one submit and one readback a step', async (name, spec) => {
  const device = await requestDevice();
  const row = await measureRollout(name, spec, 'host', {
    ours: new Ours(device, '0'),
    peers: [],
    peaks: { flops: 1e9, bytes: 1e9 },
    samples: 3,
  });
  expect(row).toMatchObject({ suite: 'rollout', shape: 'd16 L3 T9 N12', correct: true, step: { readbacks: 1 } });
  expect(row.ours.error).toBeLessThan(1e-4);
  expect(row.step?.submits).toBeLessThan(1.5);
  expect(row.step?.environmentSteps).toBeGreaterThan(12);
  expect(device.live).toBe(0);
  device.close();
});

test.each(specs)('a rollout (%s) on the device does the same, with one submit and one readback for all steps', async (name, spec) => {
  const device = await requestDevice();
  const row = await measureRollout(name, spec, 'device', {
    ours: new Ours(device, '0'),
    peers: [],
    peaks: { flops: 1e9, bytes: 1e9 },
    samples: 3,
  });
  expect(row).toMatchObject({ suite: 'rollout', shape: 'd16 L3 T9 N12', correct: true });
  expect(row.step?.readbacks).toBeCloseTo(1 / 9, 6);
  expect(row.step?.environmentSteps).toBeGreaterThan(12);
  expect(device.live).toBe(0);
  device.close();
});

test('a log-probability or a switch that is not what the models say is seen', async () => {
  const device = await requestDevice();
  const spec = { ...steered, ...small, controller };
  const players = await makeRecorded(device, spec);
  const episodes = await players.rollout.run(0);
  const logProb = (await players.rollout.logProb?.read()) as Float32Array;
  const codes = (await players.code?.records?.code.read()) as Float32Array;
  const error = () => rolloutError(spec, players, episodes, logProb, codes);
  expect(error()).toBeLessThan(1e-4);
  const opened = episodes.open.subarray(0, episodes.length[0]);
  expect(opened.slice(1).some((open) => open === 1) || episodes.open.some((open, i) => open === 1 && i % spec.horizon > 0)).toBe(true);
  logProb[1] += 0.1;
  expect(error()).toBeGreaterThan(0.09);
  opened[1] = 1 - opened[1];
  expect(error()).toBe(Number.POSITIVE_INFINITY);
  players.dispose();
  device.close();
});
