import type { Episodes } from './episodes.js';
import type { EpochStatistics } from './update.js';

/** Mean and biased standard deviation. */
export function moments(values: ArrayLike<number>): { mean: number; std: number } {
  let mean = 0;
  for (let i = 0; i < values.length; i++) mean += values[i] / values.length;
  let variance = 0;
  for (let i = 0; i < values.length; i++) variance += (values[i] - mean) ** 2 / values.length;
  return { mean, std: Math.sqrt(variance) };
}

/**
 * (R − mean R) / (std R + floor) over a batch (arXiv 2512.20605, §5), with the biased standard deviation.
 * @param floor 1e-3 in the paper; it keeps batches without signal at 0.
 */
export function advantages(reward: ArrayLike<number>, floor = 1e-3): Float32Array {
  const { mean, std } = moments(reward);
  return Float32Array.from(reward, (r) => (r - mean) / (std + floor));
}

/** What one update reports, by the names that CleanRL and TRL use, and ours for the switch. */
export type UpdateMetrics = {
  /** Mean reward of an episode. */
  readonly 'charts/episodic_return': number;
  /** Mean steps of an episode. */
  readonly 'charts/episodic_length': number;
  /** The same as `charts/episodic_return`, by TRL's name. */
  readonly reward: number;
  readonly reward_std: number;
  /** 1 when all episodes had the same reward, so that there was nothing to learn from; else 0. */
  readonly frac_reward_zero_std: number;
  /** Mean progress at the end of an episode. */
  readonly progress: number;
  /** Means over the epochs; 0 without an update. */
  readonly 'losses/policy_loss': number;
  readonly 'losses/approx_kl': number;
  readonly 'losses/clipfrac': number;
  readonly 'losses/grad_norm': number;
  /** Share of steps at which the switch opened, an episode's first aside. */
  readonly 'switch/density': number;
  /** Steps for which a code was held, on average. */
  readonly 'switch/segment_length': number;
};

/** Means over what episodes did. */
export type EpisodeMetrics = Omit<UpdateMetrics, 'losses/policy_loss' | 'losses/approx_kl' | 'losses/clipfrac' | 'losses/grad_norm'>;

export function episodeMetrics({ count, reward, progress, open, steps }: Episodes): EpisodeMetrics {
  const { mean, std } = moments(reward);
  const { opened, later } = openings(open, count);
  return {
    'charts/episodic_return': mean,
    'charts/episodic_length': steps / count,
    reward: mean,
    reward_std: std,
    frac_reward_zero_std: hasSignal(reward) ? 0 : 1,
    progress: moments(progress).mean,
    'switch/density': later / Math.max(1, steps - count),
    'switch/segment_length': opened ? steps / opened : 0,
  };
}

/** Steps at which the switch was open, and those of them that are no episode's first: a controller may begin closed. */
export function openings(open: Uint8Array, count: number): { readonly opened: number; readonly later: number } {
  const horizon = open.length / count;
  let [opened, first] = [0, 0];
  for (let at = 0; at < open.length; at++) {
    opened += open[at];
    if (at % horizon === 0) first += open[at];
  }
  return { opened, later: opened - first };
}

/** Whether any two episodes differ in reward. */
export const hasSignal = (reward: ArrayLike<number>): boolean => Array.prototype.some.call(reward, (r: number) => r !== reward[0]);

export function updateMetrics(episodes: EpisodeMetrics, epochs: readonly EpochStatistics[]): UpdateMetrics {
  const average = (of: (epoch: EpochStatistics) => number): number =>
    epochs.reduce((sum, epoch) => sum + of(epoch), 0) / Math.max(1, epochs.length);
  return {
    ...episodes,
    'losses/policy_loss': average(({ policyLoss }) => policyLoss),
    'losses/approx_kl': average(({ approximateKl }) => approximateKl),
    'losses/clipfrac': average(({ clipFraction }) => clipFraction),
    'losses/grad_norm': average(({ gradientNorm }) => gradientNorm),
  };
}
