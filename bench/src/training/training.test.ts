import { requestDevice } from '@coxswain/tensor/node';
import { expect, test } from 'vitest';
import { Ours } from '../ours.js';
import { pretraining } from './pretraining.js';
import { measurePretraining } from './suite.js';

test('a pretraining step has the loss and the gradient of float64, in one submit without readback', async () => {
  const device = await requestDevice();
  const small = { config: { ...pretraining.config, width: 16, depth: 2, heads: 2, mlp: 32 }, batch: 4, time: 8 };
  const peaks = { flops: 1e9, bytes: 1e9 };
  const row = await measurePretraining(small, { ours: new Ours(device, '0'), peers: [], peaks, samples: 3 });
  expect(row).toMatchObject({ suite: 'training', shape: 'd16 L2 T8 B4', correct: true, step: { submits: 1, readbacks: 0 } });
  expect(row.ours.error).toBeLessThan(1e-4);
  expect(row.ours.temporaries.arena).toBeGreaterThan(0);
  expect(row.ours.temporaries.arena).toBeLessThan(row.ours.temporaries.separate);
  expect(row.ours.dispatches).toBeGreaterThan(0);
  expect(device.live).toBe(0);
  device.close();
});
