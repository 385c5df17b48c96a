import { requestDevice } from '@coxswain/tensor/node';
import { expect, test } from 'vitest';
import { Ours } from '../ours.js';
import { discovery } from './discovery.js';
import { pretraining } from './pretraining.js';
import { measureDiscovery, measurePretraining } from './suite.js';

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

test('a discovery step has the loss and the gradient of float64, in one submit without readback', async () => {
  const device = await requestDevice();
  const sizes = { width: 16, latent: 3, history: 5, embedding: 6, encoder: 7, switch: 9, decoder: 4, rank: 2 };
  const small = {
    ...discovery,
    config: { ...discovery.config, width: 16, depth: 3, heads: 2, mlp: 32 },
    controller: { ...discovery.controller, ...sizes },
    batch: 5,
    time: 7,
  };
  const row = await measureDiscovery(small, { ours: new Ours(device, '0'), peers: [], peaks: { flops: 1e9, bytes: 1e9 }, samples: 3 });
  expect(row).toMatchObject({ suite: 'training', shape: 'd16 L3 r2 T7 B5', correct: true, step: { submits: 1, readbacks: 0 } });
  expect(row.ours.error).toBeLessThan(1e-4);
  expect(device.live).toBe(0);
  device.close();
});
