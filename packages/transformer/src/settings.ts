/** Settings that the residual models of this package share: their sizes, and how their weights start. */
import { SettingError } from '@coxswain/base';
import { z } from 'zod';

const about = {
  heads: 'Attention heads; for `hawk` of its gates.',
  init: 'How weights start: small output projections (recipe), or every initialiser variance-scaled (the paper, §3).',
};

/** Width and depth, in front of what is a model's own. */
export const sizes = {
  width: z.int().min(1).default(64).describe('Width of the residual stream, d.'),
  depth: z.int().min(1).default(4).describe('Blocks, L.'),
  heads: z.int().min(1).default(4).describe(about.heads),
};

export const hidden = { mlp: z.int().min(1).default(256).describe('Width of the hidden layer of each block’s MLP.') };

export const starts = {
  init: z.enum(['small-output', 'variance-scaled']).default('small-output').describe(about.init),
  outputStd: z.number().min(0).default(0.02).describe('Spread of the output projections at the start, for `small-output`.'),
  embeddingStd: z.number().min(0).default(0.3).describe('Spread of the observation embedding at the start, for `small-output`.'),
  varianceScale: z.number().min(0).default(1).describe('Variance scale of all initialisers, for `variance-scaled`.'),
};

export const shared = z.object({ ...sizes, ...hidden, ...starts });

/** What these mean under each preset. `grid-paper` are the numbers of arXiv 2512.20605 (§3). */
export const sizePresets = {
  'grid-mini': {},
  'grid-small': { width: 128, depth: 6, mlp: 512 },
  'grid-paper': { width: 256, depth: 6, mlp: 512, init: 'variance-scaled', varianceScale: 0.1 },
} as const satisfies Record<string, z.input<typeof shared>>;

/** @throws SettingError where the heads do not share the width. */
export function checkHeads({ width, heads }: z.output<typeof shared>): void {
  if (width % heads === 0) return;
  const expected = `a divisor of model.width (${width})`;
  throw new SettingError('model.heads', String(heads), expected, 'Choose a width that is a multiple of the heads.');
}
