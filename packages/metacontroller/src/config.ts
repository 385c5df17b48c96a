import { outOfRange, requireSize } from '@coxswain/base';

/** Sizes of a metacontroller's causal half (arXiv 2512.20605, §4; the paper's values in brackets). */
export interface SteeringConfig {
  /** Residual width d of the model it steers. */
  readonly width: number;
  /** Code size n_z [8]. */
  readonly latent: number;
  /** History GRU n_h [32]. */
  readonly history: number;
  /** Hidden units of the switch. */
  readonly switch: number;
  /** Hidden units of the hypernetwork [32]. */
  readonly decoder: number;
  /** Rank r of the steering U = B A [16]. */
  readonly rank: number;
  /** U is a full matrix, linear in the hypernetwork's hidden units, as of the paper's ant; `rank` is then not read. */
  readonly full?: boolean;
  /** Where the switch's bias starts; −2 keeps it mostly closed at first. */
  readonly switchBias: number;
}

/** Sizes of a whole metacontroller, the half that looks at recorded episodes included. */
export interface MetacontrollerConfig extends SteeringConfig {
  /** Sequence embedding n_s [32]. */
  readonly embedding: number;
  /** Hidden units of the encoder [64]. */
  readonly encoder: number;
  /** Whether the embedder's final state serves every step (`true`), or each step its own state. */
  readonly pooled: boolean;
}

/** @throws CoxswainError naming the first value that is out of range. */
export function checkSteeringConfig(config: SteeringConfig): void {
  for (const name of ['width', 'latent', 'history', 'switch', 'decoder', 'rank'] as const) requireSize(name, config[name]);
  if (!config.full && config.rank > config.width) throw outOfRange('rank', config.rank, `at most the width ${config.width}`);
  if (!Number.isFinite(config.switchBias)) throw outOfRange('switchBias', config.switchBias, 'a finite number');
}

/** @throws CoxswainError naming the first value that is out of range. */
export function checkMetacontrollerConfig(config: MetacontrollerConfig): void {
  checkSteeringConfig(config);
  for (const name of ['embedding', 'encoder'] as const) requireSize(name, config[name]);
}

/** Sizes as `config.metacontroller` of a run's `config.json` has them. */
export interface MetacontrollerSettings {
  readonly code: number;
  readonly history: number;
  readonly sequence: number;
  readonly encoder: number;
  readonly switch: number;
  readonly decoder: number;
  readonly rank: number;
  readonly full?: boolean;
  readonly pooled: boolean;
  readonly switchBias: number;
}

/** The causal half that these settings say. @param width of the model that it steers. */
export function steeringConfig(settings: MetacontrollerSettings, width: number): SteeringConfig {
  const { code, history, switch: hidden, decoder, rank, full = false, switchBias } = settings;
  return { width, latent: code, history, switch: hidden, decoder, rank, full, switchBias };
}

/** The whole metacontroller that they say. @param width of the model that it steers. */
export function metacontrollerConfig(settings: MetacontrollerSettings, width: number): MetacontrollerConfig {
  const { sequence, encoder, pooled } = settings;
  return { ...steeringConfig(settings, width), embedding: sequence, encoder, pooled };
}
