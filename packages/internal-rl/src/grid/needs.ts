/** What phases of this system need of a world besides what every world may offer. */
import { GRID_NAME, type GridSettings } from '@coxswain/envs';
import { type Offer, SettingError } from '@coxswain/lab';

export const CELLS: Offer = { missing: 'grid of cells', offered: 'cells', by: ({ name }) => name === GRID_NAME };

export const SYMMETRIES: Offer = {
  missing: 'symmetries, which this view shows episodes under',
  offered: 'symmetries, or --set discover.symmetry=false with a view of moments',
  by: ({ symmetries }) => symmetries !== undefined,
};

/** The settings of a configuration whose world is the grid. @throws SettingError for that of another. */
export function gridOf({ world }: { readonly world: { readonly name: string } }): GridSettings {
  if (world.name !== GRID_NAME)
    throw new SettingError('world.name', `\`${world.name}\``, GRID_NAME, 'What is asked for reads the cells of a grid: choose that world.');
  return world as unknown as GridSettings;
}
