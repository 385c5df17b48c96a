import type { Device } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gridworldPinpad as onHost } from '../definition.js';
import { gridworldPinpad } from './definition.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => device.close());

it('is the grid of the host, opened on a device for the same task', () => {
  const settings = gridworldPinpad.settings.parse({ observation: 'allocentric' });
  const opening = { task: gridworldPinpad.task(settings, '0123'), horizon: 12, environments: 3 };
  const world = gridworldPinpad.onDevice?.(settings, opening, device);
  expect(world).toMatchObject({ environments: 3, horizon: 12, settings: { tasks: [[0, 1, 2, 3]] } });
  const { observation, action } = onHost.spaces(settings);
  // Spaces of the grid bring functions along, made anew each time.
  expect(JSON.stringify([world?.observationSpace, world?.actionSpace])).toBe(JSON.stringify([observation, action]));
  world?.dispose();
  const { onDevice, ...rest } = gridworldPinpad;
  expect(rest).toEqual(onHost);
});

it('stays on the host where it is too large for a kernel', () => {
  const settings = gridworldPinpad.settings.parse({ size: 33 });
  expect(gridworldPinpad.onDevice?.(settings, { task: 'free', horizon: 4, environments: 1 }, device)).toBeUndefined();
});
