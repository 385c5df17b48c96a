/** The worlds that there are. This room alone knows their names. */
import { gridworldPinpad, type Opening, type WorldDefinition } from '@coxswain/envs';
import { DevicePinpad, LARGEST_DEVICE_WORLD } from '@coxswain/rl';
import type { Device } from '@coxswain/tensor';
import type { Config } from '../settings/sections.js';

const KNOWN = new Map<string, WorldDefinition>([gridworldPinpad].map((definition) => [definition.name, definition]));

/** By name. */
export const WORLDS: ReadonlyMap<string, WorldDefinition> = KNOWN;

/** Lets a world be found by its name, such as one that was read from a file. */
export const addWorld = (definition: WorldDefinition): void => {
  KNOWN.set(definition.name, definition);
};

/** The world that settings name. */
export const definitionOf = ({ name = 'gridworld-pinpad' }: { readonly name?: string } & Record<string, unknown>): WorldDefinition =>
  WORLDS.get(name) as WorldDefinition;

/** The settings that are the world's own. */
export function settingsOfWorld(world: Config['world']) {
  const { tasks: _, horizon: __, name: ___, ...own } = world as Config['world'] & { name?: string };
  return definitionOf(world).settings.parse(own);
}

/** A world whose steps are launches, where there is one. */
export function onDevice(config: Config, { task, horizon, environments }: Opening, device: Device): DevicePinpad | undefined {
  if (definitionOf(config.world) !== gridworldPinpad) return undefined;
  const { size, colours, walls, observation } = config.world;
  if (size > LARGEST_DEVICE_WORLD) return undefined;
  const tasks = task === 'free' ? task : [task.events];
  return new DevicePinpad(device, { world: { size, colours, walls }, tasks, horizon, environments, observation });
}
