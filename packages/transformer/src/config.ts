import { outOfRange, requireSize } from '@coxswain/base';

/** Sizes of a base sequence model (arXiv 2512.20605, §3 and appendix: transformer for the grid world). */
export interface TransformerConfig {
  /** Residual width d (n_e). */
  readonly width: number;
  /** Blocks L. */
  readonly depth: number;
  /** Attention heads; they share the width evenly. */
  readonly heads: number;
  /** Hidden units of each block's MLP. */
  readonly mlp: number;
  /** Rows of the observation embedding: distinct one-hot positions. */
  readonly vocabulary: number;
  /** Positions that can be one at the same time. */
  readonly slots: number;
  /** Discrete actions. */
  readonly actions: number;
  /** Classes of the next-observation head. */
  readonly observationClasses: number;
  /** T5 relative-position buckets and the distance from which all share the last one. */
  readonly buckets: number;
  readonly maxDistance: number;
  /** Steps that attention sees, its own included; all so far when absent or 0. */
  readonly window?: number;
  /** How weights start: `small-output` is the recipe's, `variance-scaled` the paper's (every initialiser's variance scaled). */
  readonly initialisation: 'small-output' | 'variance-scaled';
  /** Spread of the projections that write to the residual stream, for `small-output`; 0.02 when absent. */
  readonly outputStd?: number;
  /** Scale of every initialiser's variance, for `variance-scaled`; 0.1 (arXiv 2512.20605) when absent. */
  readonly varianceScale?: number;
}

/** @throws CoxswainError naming the first value that is out of range. */
export function checkTransformerConfig(config: TransformerConfig): void {
  const positive = [
    'width',
    'depth',
    'heads',
    'mlp',
    'vocabulary',
    'slots',
    'actions',
    'observationClasses',
    'buckets',
    'maxDistance',
  ] as const;
  for (const name of positive) requireSize(name, config[name]);
  if (config.width % config.heads !== 0) throw outOfRange('heads', config.heads, `a divisor of the width ${config.width}`);
  if ((config.width / config.heads) % 4 !== 0)
    throw outOfRange('heads', config.heads, `heads of a width that is a multiple of 4 (width ${config.width})`);
  const { window = 0 } = config;
  if (!Number.isInteger(window) || window < 0) throw outOfRange('window', window, 'a whole number of at least 0');
  for (const name of ['outputStd', 'varianceScale'] as const) {
    const value = config[name] ?? 0;
    if (!(value >= 0 && Number.isFinite(value))) throw outOfRange(name, value, 'a finite number of at least 0');
  }
  if (config.buckets % 2 !== 0) throw outOfRange('buckets', config.buckets, 'an even number');
}
