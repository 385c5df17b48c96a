import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Lifetime, planSlots } from './arena.js';

const lifetime = fc
  .record({ bytes: fc.integer({ min: 1, max: 100 }), first: fc.integer({ min: 0, max: 12 }), length: fc.integer({ min: 0, max: 6 }) })
  .map(({ bytes, first, length }): Lifetime => ({ bytes, first, last: first + length }));
const overlap = (a: Lifetime, b: Lifetime): boolean => a.first <= b.last && b.first <= a.last;

test('what is alive at the same time never shares a slot, and every slot is large enough', () => {
  fc.assert(
    fc.property(fc.array(lifetime, { maxLength: 40 }), (lifetimes) => {
      const { slot, sizes } = planSlots(lifetimes);
      expect(slot).toHaveLength(lifetimes.length);
      lifetimes.forEach((a, i) => {
        expect(sizes[slot[i]]).toBeGreaterThanOrEqual(a.bytes);
        for (let j = 0; j < i; j++) if (slot[i] === slot[j]) expect(overlap(a, lifetimes[j])).toBe(false);
      });
      // Each slot is as large as its largest storage and no larger.
      sizes.forEach((bytes, s) => {
        expect(bytes).toBe(Math.max(...lifetimes.filter((_, i) => slot[i] === s).map((one) => one.bytes)));
      });
    }),
  );
});

/** The fewest bytes of any assignment, by trying all. */
function fewestBytes(lifetimes: readonly Lifetime[]): number {
  let best = Number.POSITIVE_INFINITY;
  const place = (i: number, slots: readonly (readonly Lifetime[])[]): void => {
    if (i === lifetimes.length) {
      best = Math.min(
        best,
        slots.reduce((total, held) => total + Math.max(...held.map(({ bytes }) => bytes)), 0),
      );
      return;
    }
    slots.forEach((held, s) => {
      if (!held.some((other) => overlap(other, lifetimes[i]))) place(i + 1, slots.with(s, [...held, lifetimes[i]]));
    });
    place(i + 1, [...slots, [lifetimes[i]]]);
  };
  place(0, []);
  return best;
}

test('small plans against the best of all: never less, on the whole hardly more', () => {
  let [planned, best] = [0, 0];
  fc.assert(
    fc.property(fc.array(lifetime, { minLength: 1, maxLength: 7 }), (lifetimes) => {
      const bytes = planSlots(lifetimes).sizes.reduce((a, b) => a + b, 0);
      const least = fewestBytes(lifetimes);
      expect(bytes).toBeGreaterThanOrEqual(least);
      planned += bytes;
      best += least;
    }),
    { seed: 1, numRuns: 300 },
  );
  expect(planned / best).toBeLessThan(1.1);
});

test('a chain of launches needs two slots, whatever its length', () => {
  const chain = Array.from({ length: 50 }, (_, i) => ({ bytes: 1000, first: i, last: i + 1 }));
  expect(planSlots(chain).sizes).toEqual([1000, 1000]);
});
