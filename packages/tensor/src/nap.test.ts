import { expect, test } from 'vitest';
import { nap } from './nap.js';

const after = (ms: number): Promise<string> => new Promise((resolve) => setTimeout(() => resolve('here'), ms));

test('gives what the promise gives, or throws what it throws', async () => {
  expect(await nap(Promise.resolve(3))).toBe(3);
  expect(await nap(after(5))).toBe('here');
  await expect(nap(Promise.reject(new RangeError('no')))).rejects.toThrow(RangeError);
});

test('lets the event loop turn, and leaves the core to others meanwhile', async () => {
  const [started, cpu] = [performance.now(), process.cpuUsage()];
  let ticks = 0;
  const clock = setInterval(() => ticks++, 5);
  await nap(after(400));
  clearInterval(clock);
  const { user, system } = process.cpuUsage(cpu);
  expect(ticks).toBeGreaterThan(10);
  expect((user + system) / 1000).toBeLessThan(0.5 * (performance.now() - started));
});
