import { gridMini } from '@coxswain/models';
import { requestDevice } from '@coxswain/tensor/node';
import { loadModel } from '@coxswain/transformer';
import { expect, it } from 'vitest';
import { firstTouches } from './custom-controller.js';

it('makes the shipped model seek a colour, or shun it, with nothing trained', async () => {
  const device = await requestDevice();
  const table = await firstTouches((await loadModel(device, gridMini.base)).model, 128);
  const [away, alone, to] = [0, 1, 2].map((column) => table.reduce((sum, row) => sum + row[column], 0) / table.length);
  // The shares of four colours add up to one, but for episodes that touch nothing.
  expect(alone).toBeGreaterThan(0.24);
  expect(away).toBeLessThan(alone - 0.1);
  expect(to).toBeGreaterThan(alone + 0.1);
  device.close();
});
