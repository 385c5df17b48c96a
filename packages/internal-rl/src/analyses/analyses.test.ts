import '../testing/house.js';
import { preset, type StoredRun } from '@coxswain/lab';
import { expect, test } from 'vitest';
import { entropyOf, unseenBy } from '../phases/first-touch.js';
import { lengthsOf } from './controllers.js';
import { noiseOf, shownWalk } from './gradient-variance.js';
import { rateDistortionSummary } from './rate-distortion.js';
import { isFound } from './success-map.js';
import { stepsPerEvent } from './tasks.js';

test('noise of gradients: no noise gives 0, and what is drawn gives its ratio', () => {
  expect(
    noiseOf([
      [1, 2],
      [1, 2],
      [1, 2],
    ]),
  ).toBe(0);
  // Mean (1, 0) and variance 4 in each of 50 dimensions: 200 over 1.
  let state = 12345;
  const uniform = (): number => {
    state = (1103515245 * state + 12345) % 2147483648;
    return state / 2147483648;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(uniform() + 1e-12)) * Math.cos(2 * Math.PI * uniform());
  const gradients = Array.from({ length: 4000 }, () => Array.from({ length: 50 }, (_, i) => (i === 0 ? 1 : 0) + 2 * normal()));
  expect(noiseOf(gradients)).toBeGreaterThan(170);
  expect(noiseOf(gradients)).toBeLessThan(230);
});

test('the walk for credit assignment makes shown transitions only', () => {
  const config = preset('grid-mini');
  const walks = shownWalk(config, 4);
  expect(walks.map(({ length }) => length)).toEqual([1, 2, 3, 4]);
  const unseen = unseenBy(config);
  const longest = [...walks[3]].map(Number);
  for (let i = 1; i < longest.length; i++) expect(unseen(longest[i - 1], longest[i])).toBe(false);
  expect(unseen(0, 1)).toBe(true);
  expect(unseen(-1, 1)).toBe(false);
});

test('unseen tasks of rising length begin alike', () => {
  expect(lengthsOf('0123')).toEqual(['01', '012', '0123', '012301', '01230123']);
});

test('entropy in nats', () => {
  expect(entropyOf([2, 2, 2])).toBe(0);
  expect(entropyOf([0, 1, -1, 2])).toBeCloseTo(Math.log(4), 12);
});

test('skills count as found by both measures', () => {
  expect(isFound({ f1: 0.99, readout: 0.96 })).toBe(true);
  expect(isFound({ f1: 0.97, readout: 1 })).toBe(false);
  expect(isFound({ f1: 1, readout: 0.9 })).toBe(false);
});

test('rate against distortion: gates that harden at another step are another curve, and two points are none', () => {
  const { discover } = preset('grid-mini');
  const run = (alpha: number, laterGateFrom: number) =>
    ({
      config: { phase: 'discover', config: { discover: { ...discover, view: 'touches', alpha, laterGateFrom } } },
      measured: { kl: 1 / alpha, nllHard: 0.2, f1Exact: 1, readout: 1 },
    }) as unknown as StoredRun;
  const { charts, tables } = rateDistortionSummary.run([run(0.1, 200), run(0.01, 200), run(0.001, 200), run(0.1, 600), run(0.01, 600)]);
  expect(charts[0].curves.map(({ label }) => label)).toEqual(['frozen, touches, hard from 200']);
  expect(tables[0].rows).toHaveLength(5);
});

test('a leg of a made-up task has as many steps as one of the task of RL, and twelve at least', () => {
  expect(stepsPerEvent(preset('grid-mini'))).toBe(12);
  const config = preset('grid-mini');
  config.reinforce.horizon = 80;
  expect(stepsPerEvent(config)).toBe(20);
  config.reinforce.horizon = 10;
  expect(stepsPerEvent(config)).toBe(12);
});
