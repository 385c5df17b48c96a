import { CoxswainError } from '@coxswain/tensor';

/** Sizes of a metacontroller (arXiv 2512.20605, §4; the paper's values in brackets). */
export interface MetacontrollerConfig {
  /** Residual width d of the model it steers. */
  readonly width: number;
  /** Code size n_z [8]. */
  readonly latent: number;
  /** History GRU n_h [32]. */
  readonly history: number;
  /** Sequence embedding n_s [32]. */
  readonly embedding: number;
  /** Hidden units of the encoder [64]. */
  readonly encoder: number;
  /** Hidden units of the switch. */
  readonly switch: number;
  /** Hidden units of the hypernetwork [32]. */
  readonly decoder: number;
  /** Rank r of the steering U = B A [16]. */
  readonly rank: number;
  /** Whether the embedder's final state serves every step (`true`), or each step its own state. */
  readonly pooled: boolean;
  /** Where the switch's bias starts; −2 keeps it mostly closed at first. */
  readonly switchBias: number;
}

/** @throws CoxswainError naming the first value that is out of range. */
export function checkMetacontrollerConfig(config: MetacontrollerConfig): void {
  for (const name of ['width', 'latent', 'history', 'embedding', 'encoder', 'switch', 'decoder', 'rank'] as const) {
    if (!Number.isInteger(config[name]) || config[name] < 1) throw outOfRange(name, config[name], 'a positive integer');
  }
  if (config.rank > config.width) throw outOfRange('rank', config.rank, `at most the width ${config.width}`);
  if (!Number.isFinite(config.switchBias)) throw outOfRange('switchBias', config.switchBias, 'a finite number');
}

function outOfRange(name: string, value: unknown, expected: string): CoxswainError {
  return new CoxswainError(`${name} is ${value}, expected ${expected}`, {
    code: 'bad-config',
    value: `${name} = ${value}`,
    expected,
    remedy: `set ${name} to ${expected}`,
  });
}
