import { expect, test } from 'vitest';
import { advantages, episodeMetrics, hasSignal, moments, updateMetrics } from './metrics.js';

test('advantages are rewards less their mean, over their biased deviation and the floor', () => {
  const [a, b] = advantages([1, 0, 0, 0]);
  const std = Math.sqrt(0.75 * 0.25);
  expect(a).toBeCloseTo(0.75 / (std + 1e-3), 5);
  expect(b).toBeCloseTo(-0.25 / (std + 1e-3), 5);
  expect([...advantages([1, 1, 1])]).toEqual([0, 0, 0]);
  expect(moments([1, 2, 3])).toEqual({ mean: 2, std: Math.sqrt(2 / 3) });
});

test('rewards that are all alike are no signal', () => {
  expect(hasSignal([0, 0, 0])).toBe(false);
  expect(hasSignal([1, 1, 1])).toBe(false);
  expect(hasSignal([0, 0, 1])).toBe(true);
});

test('a controller that begins closed, and opens later or never, has the density of its later steps', () => {
  const episodes = { count: 2, horizon: 4, reward: new Float32Array(2), length: Uint16Array.of(4, 2), progress: new Float32Array(2) };
  const density = (...open: number[]) =>
    episodeMetrics({ ...episodes, action: [], open: Uint8Array.from(open), observation: [], steps: 6 })['switch/density'];
  expect(density(0, 0, 1, 0, 0, 0, 0, 0)).toBe(1 / 4);
  expect(density(0, 1, 1, 0, 1, 1, 0, 0)).toBe(3 / 4);
  expect(density(0, 0, 0, 0, 0, 0, 0, 0)).toBe(0);
});

test('switches are counted within episodes, the first step apart', () => {
  const metrics = episodeMetrics({
    count: 2,
    horizon: 4,
    reward: Float32Array.of(1, 0),
    length: Uint16Array.of(4, 2),
    progress: Float32Array.of(3, 1),
    action: [new Int32Array(8)],
    open: Uint8Array.of(1, 0, 1, 0, 1, 0, 0, 0),
    observation: [],
    steps: 6,
  });
  expect(metrics).toMatchObject({ reward: 0.5, reward_std: 0.5, frac_reward_zero_std: 0, progress: 2, 'charts/episodic_length': 3 });
  expect(metrics['switch/density']).toBeCloseTo(1 / 4);
  expect(metrics['switch/segment_length']).toBeCloseTo(6 / 3);
  const epoch = { policyLoss: 1, approximateKl: 2, clipFraction: 3, gradientNorm: 4 };
  expect(updateMetrics(metrics, [epoch, { ...epoch, policyLoss: 3 }])).toMatchObject({ 'losses/policy_loss': 2, 'losses/grad_norm': 4 });
  expect(updateMetrics(metrics, [])).toMatchObject({ 'losses/policy_loss': 0 });
});
