/** Settings of point-pads. */
import { z } from 'zod';

export const padSettings = z.object({
  pads: z.int().min(1).max(6).default(4).describe('Coloured pads in the arena.'),
  radius: z.number().min(0.02).max(0.4).default(0.12).describe('Radius of a pad; the arena reaches from −1 to 1.'),
  thrust: z.number().min(0.001).max(1).default(0.06).describe('What a force of 1 adds to the velocity in a step.'),
  drag: z.number().min(0.01).max(1).default(0.5).describe('Share of its velocity that the point loses in a step.'),
});

export type PadSettings = z.output<typeof padSettings>;

export const padPresets: Readonly<Record<string, z.input<typeof padSettings>>> = { 'pads-mini': {} };
