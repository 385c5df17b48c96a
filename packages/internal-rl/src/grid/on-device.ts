/** Grids whose steps are launches. */
import { GRID_NAME, type Opening } from '@coxswain/envs';
import type { Config } from '@coxswain/lab';
import { DevicePinpad, LARGEST_DEVICE_WORLD } from '@coxswain/rl';
import type { Device } from '@coxswain/tensor';
import { gridOf } from './needs.js';

/** The worlds of a task on a device; none of another world, or where they are too large. */
export function onDevice(
  config: Pick<Config, 'world'>,
  { task, horizon, environments }: Opening,
  device: Device,
): DevicePinpad | undefined {
  if (config.world.name !== GRID_NAME) return undefined;
  const { size, colours, walls, observation } = gridOf(config);
  if (size > LARGEST_DEVICE_WORLD) return undefined;
  const tasks = task === 'free' ? task : [task.events];
  return new DevicePinpad(device, { world: { size, colours, walls }, tasks, horizon, environments, observation });
}
