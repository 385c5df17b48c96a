import { world } from '../../definition.js';
import { gridworldPinpad as onHost } from '../definition.js';
import type { GridSettings } from '../settings.js';
import { DevicePinpad, LARGEST_DEVICE_WORLD } from './pinpad.js';

/** The grid, which also plays itself on a device where it is not too large. */
export const gridworldPinpad = world({
  ...onHost,
  onDevice(settings, { task, horizon, environments }, device) {
    const { size, colours, walls, observation } = settings as GridSettings;
    if (size > LARGEST_DEVICE_WORLD) return undefined;
    const tasks = task === 'free' ? task : [task.events];
    return new DevicePinpad(device, { world: { size, colours, walls }, tasks, horizon, environments, observation });
  },
});
