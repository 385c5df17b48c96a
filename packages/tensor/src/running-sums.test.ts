import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Device } from './device.js';
import { CheckpointError, ShapeError } from './errors.js';
import { requestDevice } from './node.js';
import { RunningSums } from './running-sums.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

test('vectors are summed under the weights, scalars as they are', async () => {
  using _scope = device.scope();
  using sums = new RunningSums(device, 3);
  const weights = device.tensor(Float32Array.of(1, 0, 0.5));
  const x = device.tensor(Float32Array.of(2, Number.NaN, 4));
  sums.add([x, weights, device.tensor(Float32Array.of(7))], weights);
  expect((await sums.take()).sums).toEqual(Float32Array.of(4, 1.25, 7));
  expect(() => sums.add([x, x], weights)).toThrow(ShapeError);
  expect(() => sums.add([x, x, device.tensor(new Float32Array(2))], weights)).toThrow(ShapeError);
  expect(() => new RunningSums(device, 7)).toThrow(ShapeError);
});

test('sums of a captured program go on exactly from what was saved', async () => {
  using sums = new RunningSums(device, 2);
  const x = device.tensor(Float32Array.of(0));
  const y = device.tensor(Float32Array.of(0));
  const program = device.capture(() => {
    sums.add([x, y]);
    return {};
  });
  const update = (a: number, b: number): void => {
    x.write(Float32Array.of(a));
    y.write(Float32Array.of(b));
    program.run();
    sums.count();
  };
  update(1, 10);
  update(2, 20);
  const saved = await sums.save();
  expect(Array.from(saved)).toEqual([3, 30, 2]);
  update(4, 40);
  expect(await sums.take()).toEqual({ sums: Float32Array.of(7, 70), updates: 3, besides: [] });
  expect(await sums.take()).toEqual({ sums: Float32Array.of(0, 0), updates: 0, besides: [] });
  sums.load(saved);
  update(0.5, 0.25);
  expect(await sums.take()).toEqual({ sums: Float32Array.of(3.5, 30.25), updates: 3, besides: [] });
  expect(() => sums.load(Float32Array.of(1, 2))).toThrow(CheckpointError);
  program.dispose();
  x.dispose();
  y.dispose();
});
