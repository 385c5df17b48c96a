import { requestDevice } from '@coxswain/tensor/node';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { besideSteps, Stopwatch } from './stopwatch.js';
import { yardstick } from './yardstick.js';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the yardstick', () => {
  it('takes time, and leaves nothing behind', async () => {
    using device = await requestDevice();
    const { live } = device;
    expect(await yardstick([device, device], 0.05)).toBeGreaterThan(0);
    expect(device.live).toBe(live);
  });

  it('is timed in turns with steps, and its time is not theirs', async () => {
    using device = await requestDevice();
    let clock = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => 1000 * clock);
    const pause = (seconds: number) => {
      clock += seconds;
    };
    const asked: number[] = [];
    const beside = [1, 2, 3, 6];
    const run = async (least: number) => {
      asked.push(least);
      pause(0.3);
      return beside[asked.length - 1];
    };
    const watch = new Stopwatch(device, { run, dispose() {} });
    await watch.start();
    // Too short for a lap; long enough together with the next; one that is longer than the yardstick is ever run for.
    for (const seconds of [0.2, 0.3, 2.3]) {
      pause(seconds);
      await watch.lap();
    }
    pause(0.1);
    await watch.stop();
    // (0.4 · 1 + 0.5 · 2 + 2 · 3 + 0.4 · 6) / 3.3
    expect(watch.beside).toBeCloseTo(9.8 / 3.3, 9);
    expect(watch.seconds).toBeCloseTo(2.9, 9);
    for (const [turn, least] of [0.4, 0.5, 2, 0.4].entries()) expect(asked[turn]).toBeCloseTo(least, 9);
    expect(asked).toHaveLength(4);
    // A step that is long enough to be other than the seconds behind it.
    expect(besideSteps(75)).toBe(15);
  });
});
