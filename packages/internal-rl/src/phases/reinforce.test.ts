import '../testing/house.js';
import { preset, settle } from '@coxswain/lab';
import { describe, expect, it } from 'vitest';
import { reinforcePhase } from './reinforce.js';
import { explorationAt, progressOf, reinforceRate } from './reinforce-schedules.js';

describe('schedules of RL', () => {
  const { internal } = preset('grid-mini');

  it('go from one end to the other where every update has a signal', () => {
    expect([0, 1, 60, 119].map((done) => progressOf(120, done, 0))).toEqual([0, 1 / 119, 60 / 119, 1]);
    expect(reinforceRate(internal, 0)).toBe(internal.learningRate);
    expect(reinforceRate(internal, 1)).toBeCloseTo(internal.learningRate * internal.finalRate, 12);
    expect(explorationAt(internal, 0)).toBe(1);
    expect(explorationAt(internal, 1)).toBeCloseTo(internal.finalExploration, 12);
  });

  it('wait while there is none, and share out what is left over the updates that are left', () => {
    expect(progressOf(120, 40, 40)).toBe(0);
    expect(progressOf(120, 41, 40)).toBeCloseTo(1 / 79, 12);
    expect(progressOf(120, 119, 40)).toBe(1);
    expect(progressOf(120, 119, 119)).toBe(0);
    expect(progressOf(1, 0, 0)).toBe(0);
  });

  it('never go back', () => {
    let [silent, last] = [0, 0];
    for (let done = 0; done < 120; done++) {
      const progress = progressOf(120, done, silent);
      expect(progress).toBeGreaterThanOrEqual(last);
      last = progress;
      if (done % 3 !== 1) silent++;
    }
    expect(last).toBeGreaterThan(0.9);
  });
});

it('RL on moves refuses a controller, which it would not read', () => {
  const given = { preset: 'grid-mini', config: preset('grid-mini') };
  expect(() => settle(reinforcePhase, { method: 'raw' }, { base: given, controller: given })).toThrow(/--controller: given, expected none/);
  expect(settle(reinforcePhase, { method: 'internal' }, { base: given, controller: given }).config.reinforce.method).toBe('internal');
});
