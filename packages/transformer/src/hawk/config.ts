import { outOfRange, requireSize } from '@coxswain/base';
import { MOST_TAPS } from '@coxswain/kernels';
import { checkSequenceModelConfig } from '../residual-model.js';
import type { SequenceModelConfig } from '../sequence-model.js';

/** Sizes of a base sequence model of recurrence (arXiv 2402.19427; arXiv 2512.20605, appendix: Hawk for the ant). */
export interface HawkConfig extends SequenceModelConfig {
  /** Heads of the gates: each reads a share of the width and gates that share. */
  readonly heads: number;
  /** Steps that the convolution before the recurrence sees, its own included; 4 in the papers. */
  readonly taps: number;
}

/** @throws CoxswainError naming the first value that is out of range. */
export function checkHawkConfig(config: HawkConfig): void {
  checkSequenceModelConfig(config);
  requireSize('heads', config.heads);
  if (config.width % config.heads !== 0) throw outOfRange('heads', config.heads, `a divisor of the width ${config.width}`);
  if (!Number.isInteger(config.taps) || config.taps < 1 || config.taps > MOST_TAPS)
    throw outOfRange('taps', config.taps, `an integer from 1 to ${MOST_TAPS}`);
}
