import { expect, it } from 'vitest';
import { areaUnderCurve, thresholdOf, toldBy } from './told-by-jumps.js';

const RULE = { momentRule: 'share', momentShare: 0.5, momentResponsibility: 0.5 } as const;

it('the area under the curve is the chance that an event has the larger value, ties by half', () => {
  const values = [3, 1, 4, 1, 5, 9, 2, 6];
  const events = [true, false, true, true, false, true, false, false];
  let wins = 0;
  for (const [i, event] of events.entries())
    for (const [j, other] of events.entries()) if (event && !other) wins += values[i] > values[j] ? 1 : values[i] === values[j] ? 0.5 : 0;
  expect(areaUnderCurve(values, events)).toBeCloseTo(wins / 16, 12);
  expect(areaUnderCurve([1, 2, 3], [false, false, true])).toBe(1);
  expect(areaUnderCurve([1, 2, 3], [true, false, false])).toBe(0);
  expect(areaUnderCurve([7, 7, 7], [true, false, true])).toBe(0.5);
  expect(areaUnderCurve([1, 2], [true, true])).toBeNaN();
});

it('precision and recall are those of the moments that the rule shows', () => {
  const jumps = [1, 5, 2, 6, 7, 1.5];
  expect(toldBy(jumps, [false, true, true, false, true, false], thresholdOf(Float32Array.from(jumps), RULE))).toMatchObject({
    share: 0.5,
    precision: 2 / 3,
    recall: 2 / 3,
  });
});

it('a distribution that the rule refuses is measured without moments', () => {
  const flat = Float32Array.from({ length: 100 }, () => 2);
  const told = toldBy(
    [...flat],
    [...flat.keys()].map((i) => i % 4 === 0),
    thresholdOf(flat, { ...RULE, momentRule: 'mixture' }),
  );
  expect(told).toEqual({ area: 0.5, share: null, precision: null, recall: null });
});
