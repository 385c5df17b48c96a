import type { Device } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { expect, test } from 'vitest';
import { Ours } from '../ours.js';
import type { MeasuredRow } from '../results.js';
import type { Bench } from '../suite.js';
import { smallDiscovery, smallPretraining } from './small.js';
import { measureDiscovery, measurePretraining } from './suite.js';

const benchOn = (device: Device): Bench => ({ ours: new Ours(device, '0'), peers: [], peaks: { flops: 1e9, bytes: 1e9 }, samples: 3 });

test.each<[string, string, (bench: Bench) => Promise<MeasuredRow>]>([
  ['pretraining', 'd16 L3 T8 B4', (bench) => measurePretraining(smallPretraining, bench)],
  ['discovery', 'd16 L3 r2 T7 B5', (bench) => measureDiscovery(smallDiscovery, bench)],
])('a %s step has the loss and the gradient of float64, in one submit without readback', async (name, shape, measure) => {
  const device = await requestDevice();
  const row = await measure(benchOn(device));
  expect(row).toMatchObject({ suite: 'training', name: `${name} step`, shape, correct: true, step: { submits: 1, readbacks: 0 } });
  expect(row.ours.error).toBeLessThan(1e-4);
  expect(row.ours.temporaries.arena).toBeGreaterThan(0);
  expect(row.ours.temporaries.arena).toBeLessThan(row.ours.temporaries.separate);
  expect(row.ours.dispatches).toBeGreaterThan(0);
  expect(device.live).toBe(0);
  device.close();
});
