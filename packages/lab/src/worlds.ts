/** The worlds by name, and what reads them as grids. */
import {
  checkGrid,
  GRID_NAME,
  type GridSettings,
  gridDefaults,
  gridPresets,
  gridSettings,
  gridTaskWords,
  readGridTask,
} from '@coxswain/envs';
import { SettingError } from './errors.js';
import type { WorldKind } from './settings/section.js';

const gridworld: WorldKind = {
  name: GRID_NAME,
  settings: gridSettings,
  presets: gridPresets,
  defaults: (settings) => gridDefaults(settings as GridSettings),
  check: (settings) => checkGrid(settings as GridSettings),
  task: (settings, text) => readGridTask(settings as GridSettings, text),
  taskWords: gridTaskWords,
};

/** Every world that `world.name` can name without a file; the first is the default. */
export const WORLDS: readonly WorldKind[] = [gridworld];

/** The settings of a configuration whose world is the grid. @throws SettingError for that of another. */
export function gridOf({ world }: { readonly world: { readonly name: string } }): GridSettings {
  if (world.name !== GRID_NAME)
    throw new SettingError('world.name', `\`${world.name}\``, GRID_NAME, 'What is asked for reads the cells of a grid: choose that world.');
  return world as unknown as GridSettings;
}
