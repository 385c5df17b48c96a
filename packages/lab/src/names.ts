/** Metric names that systems share, as users know them from CleanRL and TRL, and ours beside them. */
export const METRICS = {
  episodes: 'charts/episodes',
  episodicReturn: 'charts/episodic_return',
  episodicLength: 'charts/episodic_length',
  learningRate: 'charts/learning_rate',
  stepsPerSecond: 'charts/SPS',
  policyLoss: 'losses/policy_loss',
  approximateKl: 'losses/approx_kl',
  clipFraction: 'losses/clipfrac',
  gradientNorm: 'losses/grad_norm',
  actionNll: 'losses/action_nll',
  observationNll: 'losses/observation_nll',
  reward: 'reward',
  rewardStd: 'reward_std',
  /** 1 when all episodes of an update have the same reward and there is nothing to learn from, else 0. */
  fractionWithoutSignal: 'frac_reward_zero_std',
  evalActionNll: 'eval/action_nll',
  /** Action NLL of the Bayes-optimal observer on the same data. */
  bayesFloor: 'eval/bayes_floor',
  /** Share of sampled episodes whose visits obey the transitions of the training tasks. */
  obeyed: 'eval/transitions_obeyed',
  success: 'eval/success',
} as const;
