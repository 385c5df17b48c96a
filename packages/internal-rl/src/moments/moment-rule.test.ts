import { HostRandom } from '@coxswain/base';
import { exitCodeOf, NoMomentsError } from '@coxswain/lab';
import { describe, expect, it } from 'vitest';
import { ashman, crossing, fitMixture, kneeOf, momentThreshold, type RuleSettings } from './moment-rule.js';

const repeated = (value: number, count: number): number[] => new Array<number>(count).fill(value);
/** Two heaps, of deviation 1 around 0 and around 10; the upper one has a third of all. */
const HEAPS = [...repeated(-1, 50), ...repeated(1, 50), ...repeated(9, 25), ...repeated(11, 25)];
const rule = (momentRule: RuleSettings['momentRule'], other: Partial<RuleSettings> = {}): RuleSettings => ({
  momentRule,
  momentShare: 0.25,
  momentResponsibility: 0.5,
  ...other,
});

describe('two Gaussians', () => {
  it('find two heaps: their means, deviations and weights', () => {
    const { lower, upper, gain } = fitMixture(HEAPS)!;
    expect(lower).toMatchObject({ mean: expect.closeTo(0, 3), deviation: expect.closeTo(1, 3), weight: expect.closeTo(2 / 3, 4) });
    expect(upper).toMatchObject({ mean: expect.closeTo(10, 3), deviation: expect.closeTo(1, 3), weight: expect.closeTo(1 / 3, 4) });
    // One Gaussian of deviation √(1 + 200/9) against two of deviation 1: half the logarithm of the variance, less the
    // entropy of which.
    const whole = Math.log(Math.sqrt(1 + 200 / 9));
    expect(gain).toBeCloseTo(whole + (2 / 3) * Math.log(2 / 3) + (1 / 3) * Math.log(1 / 3), 3);
  });

  it('are ten apart where equal deviations of 1 lie 10 apart', () => {
    const component = (mean: number, deviation: number) => ({ mean, deviation, weight: 0.5 });
    expect(ashman({ lower: component(0, 1), upper: component(10, 1) })).toBeCloseTo(10, 12);
    expect(ashman({ lower: component(0, 3), upper: component(5, 4) })).toBeCloseTo(Math.SQRT2, 12);
  });

  it('cross where the logarithm of their weights says it', () => {
    const mixture = fitMixture(HEAPS)!;
    // Equal variances: the middle, moved by σ²/(m₂ − m₁) times the logarithm of the odds.
    expect(crossing(mixture, 0.5)).toBeCloseTo(5 + 0.1 * Math.log(2), 3);
    expect(crossing(mixture, 0.2)).toBeCloseTo(5 + 0.1 * (Math.log(2) - Math.log(4)), 3);
  });

  it('do not cross where one lies within the other', () => {
    const within = { lower: { mean: 0, deviation: 5, weight: 0.9 }, upper: { mean: 0.1, deviation: 0.2, weight: 0.1 }, gain: 1 };
    expect(crossing(within, 0.5)).toBeUndefined();
  });

  it('are the same whenever they are fitted, and none where nothing varies', () => {
    expect(fitMixture(HEAPS)).toEqual(fitMixture([...HEAPS]));
    expect(fitMixture(repeated(3, 100))).toBeUndefined();
    expect(fitMixture([1, 2, 3])).toBeUndefined();
  });
});

describe('the knee', () => {
  it('is farthest below the chord', () => {
    // Falling 10, 4, 1, 0.5, 0: below the chord by 0, 0.75 − 0.4, 0.5 − 0.1, 0.25 − 0.05, 0.
    const { value, distance } = kneeOf([0, 0.5, 1, 4, 10]);
    expect(value).toBe(1);
    expect(distance).toBeCloseTo(0.4, 12);
  });

  it('is nowhere on a line', () => {
    expect(kneeOf([0, 1, 2, 3, 4]).distance).toBe(0);
    expect(kneeOf([7, 7, 7]).distance).toBe(0);
  });
});

describe('the threshold', () => {
  const jumps = HEAPS.map(Math.exp);

  it('keeps the upper heap', () => {
    const { threshold, share, separation } = momentThreshold(jumps, rule('mixture'));
    expect(Math.log(threshold)).toBeCloseTo(5 + 0.1 * Math.log(2), 3);
    expect(share).toBeCloseTo(1 / 3, 12);
    expect(separation).toBeCloseTo(10, 1);
  });

  it('does not depend on the order, nor on the unit of jumps', () => {
    const [told, reversed] = [momentThreshold(jumps, rule('mixture')), momentThreshold([...jumps].reverse(), rule('mixture'))];
    expect(reversed).toEqual(told);
    const scaled = momentThreshold(
      jumps.map((x) => 3 * x),
      rule('mixture'),
    );
    expect(scaled.threshold / told.threshold).toBeCloseTo(3, 6);
  });

  it('never has a jump of zero as a moment, which counts among all', () => {
    expect(momentThreshold([...repeated(0, 150), ...jumps], rule('mixture')).share).toBeCloseTo(50 / 300, 12);
  });

  it('is where a given share begins, which is itself one of them', () => {
    const some = Float32Array.of(5, 1, 4, 2, 8, 7, 3, 6);
    const { threshold, share } = momentThreshold(some, rule('share'));
    expect(some.filter((jump) => jump >= threshold)).toEqual(Float32Array.of(8, 7));
    expect(share).toBe(0.25);
    expect(momentThreshold(some, rule('share', { momentShare: 1 })).share).toBe(1);
    expect(momentThreshold(some, rule('share', { momentShare: 0.001 })).share).toBe(1 / 8);
  });

  it('is the knee of the logarithms', () => {
    const { threshold, share, separation } = momentThreshold([0, 0.5, 1, 4, 10].map(Math.exp), rule('knee'));
    expect(threshold).toBeCloseTo(Math.E, 5);
    expect(share).toBe(0.6);
    expect(separation).toBeCloseTo(0.4, 9);
  });

  const random = new HostRandom(3);
  const flat: [string, number[], RuleSettings['momentRule'], RegExp][] = [
    ['one Gaussian', Array.from({ length: 4000 }, () => Math.exp(2 + 0.1 * random.normal())), 'mixture', /apart \(Ashman’s D\)/],
    ['jumps all alike', repeated(2, 100), 'mixture', /all jumps are alike/],
    ['jumps all alike', repeated(2, 100), 'knee', /no knee/],
    ['a line', Array.from({ length: 500 }, (_, i) => Math.exp(i / 500)), 'knee', /no knee/],
    ['no jump at all', repeated(0, 10), 'share', /never moves/],
  ];
  it.each(flat)('is refused for %s: what was found, and what to change', (_, of, momentRule, told) => {
    let error: unknown;
    try {
      momentThreshold(of, rule(momentRule));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(NoMomentsError);
    const { message, code, remedy } = error as NoMomentsError;
    expect([code, exitCodeOf(error)]).toEqual(['no-moments', 23]);
    expect(message).toMatch(told);
    expect(remedy).toContain('discover.momentLayer');
  });
});
