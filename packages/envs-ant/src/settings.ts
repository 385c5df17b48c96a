/** Settings of ant-pinpad. */
import { z } from 'zod';

export const antSettings = z.object({
  size: z.int().min(2).max(16).default(4).describe('Cells along one side of the square field.'),
  colours: z.int().min(1).max(10).default(4).describe('Coloured cells.'),
  walls: z.int().min(0).default(1).describe('Wall cells; entering one ends an episode.'),
  cell: z.number().min(0.5).max(20).default(2).describe('Side of a cell in metres; the body spans about 1.5 with its legs.'),
  clock: z
    .boolean()
    .default(false)
    .describe('Also shows the clock that the expert steps by, as cosine and sine: without it, it has to be told from the legs.'),
  frame: z
    .enum(['field', 'body'])
    .default('field')
    .describe(
      'Along which axes places and velocity are shown: the field’s, or the torso’s own; then the bearing of each colour is shown, too, and which the last step entered.',
    ),
  ways: z
    .enum(['cells', 'straight'])
    .default('cells')
    .describe('Ways of the expert: from cell to cell, or straight to what it sees of them.'),
  layouts: z
    .enum(['any', 'open'])
    .default('any')
    .describe(
      'Layouts drawn: any in which every colour can be reached, or only those in which each is seen straight from all others and the start.',
    ),
  upright: z.boolean().default(false).describe('Also ends an episode when the torso lies on its back, which its height alone allows.'),
});

export type AntSettings = z.output<typeof antSettings>;

export const antPresets: Readonly<Record<string, z.input<typeof antSettings>>> = {
  // Half as far to walk as in the paper's field; a goal is its bearing, and no way around others has to be planned.
  'ant-mini': { cell: 1, clock: true, upright: true, frame: 'body', ways: 'straight', layouts: 'open' },
  'ant-paper': {},
};
