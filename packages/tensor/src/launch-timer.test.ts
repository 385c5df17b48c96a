import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Device } from './device.js';
import { dryDevice } from './dry.js';
import { LaunchError } from './errors.js';
import { LaunchTimer } from './launch-timer.js';
import { requestDevice } from './node.js';
import { add, linear } from './ops/index.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => device.close());
beforeEach(({ skip }) => skip(!device.gpu.features.has('timestamp-query'), 'the adapter has no timestamps'));

test('every launch of a program and beside it is timed, in order, and does what it does without', async () => {
  using _scope = device.scope();
  const [x, w] = [
    device.tensor(new Float32Array(300 * 300).fill(0.5), [300, 300]),
    device.tensor(new Float32Array(300 * 300).fill(2), [300, 300]),
  ];
  const program = device.capture(() => ({ y: linear(x, w) }));
  device.timer = new LaunchTimer(device.gpu);
  const one = add(x, w);
  program.run();
  const [y, sum] = await device.read([program.outputs.y, one]);
  expect([y[0], sum[0]]).toEqual([300, 2.5]);
  const timed = await device.timer.take();
  expect(timed.map(({ name }) => name.split('/')[0])).toEqual(['elementwise', 'matmul']);
  expect(timed[1].cost.flops).toBe(2 * 300 ** 3);
  // A thousandth of a peak that no adapter has, and an hour, which no test has: nanoseconds in place of seconds are
  // outside.
  for (const { seconds } of timed) expect(seconds).toBeLessThan(3600);
  expect(timed[1].seconds).toBeGreaterThan((2 * 300 ** 3) / 1e16);
  expect(await device.timer.take()).toEqual([]);
  device.timer = undefined;
  program.dispose();
});

test('more launches than a set of queries has room for', async () => {
  using _scope = device.scope();
  const x = device.tensor(Float32Array.of(1));
  const program = device.capture(() => {
    let y = x;
    for (let i = 0; i < 2100; i++) y = add(y, x);
    return { y };
  });
  const timer = new LaunchTimer(device.gpu);
  device.timer = timer;
  program.run();
  expect(await program.outputs.y.read()).toEqual(Float32Array.of(2101));
  expect(await timer.take()).toHaveLength(2100);
  device.timer = undefined;
  program.dispose();
});

test('an adapter without timestamps is refused', () => {
  using dry = dryDevice(device.traits);
  expect(() => new LaunchTimer(dry.gpu)).toThrow(LaunchError);
});
