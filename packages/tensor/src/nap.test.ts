import { afterEach, expect, test, vi } from 'vitest';
import { nap } from './nap.js';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Settles at the so manieth tick of a clock in this event loop. */
const afterTicks = (count: number): Promise<string> =>
  new Promise((resolve) => {
    let ticks = 0;
    const clock = setInterval(() => {
      if (++ticks < count) return;
      clearInterval(clock);
      resolve('here');
    }, 1);
  });

test('gives what the promise gives, or throws what it throws', async () => {
  expect(await nap(Promise.resolve(3))).toBe(3);
  expect(await nap(afterTicks(1))).toBe('here');
  await expect(nap(Promise.reject(new RangeError('no')))).rejects.toThrow(RangeError);
});

test('lets the event loop turn, and sleeps in every turn, up to a millisecond, to leave the core to others', async () => {
  const sleeps = vi.spyOn(Atomics, 'wait');
  const turns = vi.spyOn(globalThis, 'setImmediate');
  expect(await nap(afterTicks(30))).toBe('here');
  const slept = sleeps.mock.calls.map(([, , , ms]) => ms as number);
  // The turn in which it settles is not slept in.
  expect(slept).toHaveLength(turns.mock.calls.length - 1);
  expect(slept.length).toBeGreaterThan(10);
  for (const [turn, ms] of slept.entries()) expect(ms).toBeCloseTo(Math.min(1, 0.05 * 1.5 ** turn), 9);
  expect(slept.at(-1)).toBe(1);
});
