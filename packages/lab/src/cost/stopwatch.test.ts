import { requestDevice } from '@coxswain/tensor/node';
import { describe, expect, it } from 'vitest';
import { besideSteps, Stopwatch } from './stopwatch.js';
import { yardstick } from './yardstick.js';

describe('the yardstick', () => {
  it('takes time, and leaves nothing behind', async () => {
    using device = await requestDevice();
    const { live } = device;
    expect(await yardstick([device, device], 0.05)).toBeGreaterThan(0);
    expect(device.live).toBe(live);
  });

  it('is timed in turns with steps, and its time is not theirs', async () => {
    using device = await requestDevice();
    const pause = (seconds: number) => new Promise((resume) => setTimeout(resume, 1000 * seconds));
    const asked: number[] = [];
    const beside = [1, 2, 3, 6];
    const run = async (least: number) => {
      asked.push(least);
      await pause(0.3);
      return beside[asked.length - 1];
    };
    const watch = new Stopwatch(device, { run, dispose() {} });
    await watch.start();
    // Too short for a lap; long enough together with the next; one that is longer than the yardstick is ever run for.
    for (const seconds of [0.2, 0.3, 2.3]) {
      await pause(seconds);
      await watch.lap();
    }
    await pause(0.1);
    await watch.stop();
    // (0.4 · 1 + 0.5 · 2 + 2 · 3 + 0.4 · 6) / 3.3
    expect(watch.beside).toBeCloseTo(2.97, 1);
    expect(watch.seconds).toBeGreaterThan(2.85);
    expect(watch.seconds).toBeLessThan(3.5);
    expect(asked[0]).toBe(0.4);
    expect(asked[1]).toBeCloseTo(0.5, 1);
    expect(asked.slice(2)).toEqual([2, 0.4]);
    // A step that is long enough to be other than the seconds behind it.
    expect(besideSteps(75)).toBe(15);
  });
});
