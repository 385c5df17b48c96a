import { HostRandom } from '@coxswain/base';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AdamW } from './adamw.js';
import { backward } from './autograd.js';
import type { Device } from './device.js';
import { dryDevice } from './dry.js';
import type { Launch } from './launch.js';
import { requestDevice } from './node.js';
import { linear, mean, mul } from './ops/index.js';
import { ParameterStore } from './parameters.js';

let real: Device;
beforeEach(async () => {
  real = await requestDevice();
});
afterEach(() => real.close());

/** A captured training step of a linear layer, run twice, and what was launched. */
async function train(device: Device) {
  const launched: { label: string; flops: number; bytes: number }[] = [];
  device.onLaunches = (launches: readonly Launch[]) =>
    launched.push(...launches.map(({ pipeline: { label }, cost }) => ({ label, ...cost })));
  const store = new ParameterStore(device);
  const weight = store.declare('weight', [24, 16], (values, _, random) => values.set(Float32Array.from(values, () => random.normal())));
  store.finish(new HostRandom(1));
  const optimiser = new AdamW(store);
  const x = device.tensor(new Float32Array(40 * 16).fill(0.5), [40, 16]);
  const program = device.capture(() => {
    const y = linear(x, weight);
    const loss = mean(mul(y, y));
    backward(loss);
    optimiser.apply();
    return { loss };
  });
  await program.ready();
  optimiser.prepare(1e-2);
  program.run();
  program.run();
  const [loss] = await device.read([program.outputs.loss]);
  return { launched, loss, cost: program.cost, length: program.length, temporaries: program.temporaries, counters: { ...device.counters } };
}

test('counts what a real device runs, and computes nothing', async () => {
  const dry = dryDevice(real.traits);
  const [counted, ran] = [await train(dry), await train(real)];
  expect(counted.launched).toEqual(ran.launched);
  expect(counted.cost).toEqual(ran.cost);
  expect(counted.temporaries).toEqual(ran.temporaries);
  expect(counted.counters).toEqual(ran.counters);
  expect(ran.loss[0]).toBeGreaterThan(0);
  expect(counted.loss[0]).toBe(0);
  expect(counted.cost.flops).toBeGreaterThan(3 * 2 * 40 * 24 * 16 * 0.6);
  dry.close();
});

test('holds tensors that no machine has memory for', () => {
  using dry = dryDevice({ family: 'gpu', f16: true });
  const held = dry.pool.allocatedBytes;
  dry.empty([2 ** 20, 2 ** 18]);
  expect(dry.pool.allocatedBytes - held).toBe(2 ** 40);
});
