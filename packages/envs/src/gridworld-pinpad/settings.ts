/** Settings of gridworld-pinpad. */
import { z } from 'zod';

export const gridSettings = z.object({
  size: z.int().min(2).max(255).describe('Cells along each side of the grid.'),
  colours: z.int().min(1).max(10).describe('Coloured cells, each of a colour of its own.'),
  walls: z.int().min(0).describe('Cells that hold the agent off.'),
  observation: z
    .enum(['egocentric', 'allocentric'])
    .describe('What the agent is shown: a window around it, or the whole grid as from above.'),
});

export const gridPresets: Readonly<Record<string, z.input<typeof gridSettings>>> = {
  'grid-mini': { size: 4, colours: 4, walls: 1, observation: 'egocentric' },
  'grid-small': { size: 7, colours: 8, walls: 4, observation: 'egocentric' },
  'grid-paper': { size: 7, colours: 8, walls: 4, observation: 'allocentric' },
};
