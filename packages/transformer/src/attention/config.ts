import { outOfRange, requireSize } from '@coxswain/base';
import { checkSequenceModelConfig } from '../residual-model.js';
import type { SequenceModelConfig } from '../sequence-model.js';

/** Sizes of a base sequence model of attention (arXiv 2512.20605, §3 and appendix: transformer for the grid world). */
export interface TransformerConfig extends SequenceModelConfig {
  /** Attention heads; they share the width evenly. */
  readonly heads: number;
  /** T5 relative-position buckets and the distance from which all share the last one. */
  readonly buckets: number;
  readonly maxDistance: number;
  /** Steps that attention sees, its own included; all so far when absent or 0. */
  readonly window?: number;
}

/** @throws CoxswainError naming the first value that is out of range. */
export function checkTransformerConfig(config: TransformerConfig): void {
  checkSequenceModelConfig(config);
  for (const name of ['heads', 'buckets', 'maxDistance'] as const) requireSize(name, config[name]);
  if (config.width % config.heads !== 0) throw outOfRange('heads', config.heads, `a divisor of the width ${config.width}`);
  if ((config.width / config.heads) % 4 !== 0)
    throw outOfRange('heads', config.heads, `heads of a width that is a multiple of 4 (width ${config.width})`);
  const { window = 0 } = config;
  if (!Number.isInteger(window) || window < 0) throw outOfRange('window', window, 'a whole number of at least 0');
  if (config.buckets % 2 !== 0) throw outOfRange('buckets', config.buckets, 'an even number');
}
