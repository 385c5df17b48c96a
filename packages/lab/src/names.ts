/** Metric names, as users know them from CleanRL and TRL, and ours beside them. */
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
  codeKl: 'losses/code_kl',
  /** CompILE: the boundaries' weighted KL and the loss of its termination switch. */
  boundaryLoss: 'losses/boundary',
  alpha: 'losses/alpha',
  /** Starts begun so far, less one; once all are tried the best of them goes on. */
  start: 'charts/start',
  /** Stages of discovery begun so far, less one. */
  stage: 'charts/stage',
  /**
   * Share of the steps before the last that the embedder is shown, and F1 of these moments against true subgoal
   * changes.
   */
  momentShare: 'moments/share',
  momentF1: 'moments/f1_exact',
  /** F1 of a stage’s switches against those of the stage before it. */
  switchAgreement: 'switch/agreement',
  /** How much oftener codes that lie beside each other let go in the same cell than any two; needs no label. */
  neighboursAgree: 'codes/neighbours_agree',
  reward: 'reward',
  rewardStd: 'reward_std',
  /** 1 when all episodes of an update have the same reward and there is nothing to learn from, else 0. */
  fractionWithoutSignal: 'frac_reward_zero_std',
  switchDensity: 'switch/density',
  segmentLength: 'switch/segment_length',
  /** F1 of switches against true subgoal changes, at ±1 step. */
  switchF1: 'switch/f1',
  switchF1Exact: 'switch/f1_exact',
  /** Share of steps whose true subgoal a linear read-out finds in z. */
  subgoalReadout: 'eval/subgoal_readout',
  nllSoft: 'eval/nll_soft',
  nllHard: 'eval/nll_hard',
  nllUncontrolled: 'eval/nll_uncontrolled',
  evalActionNll: 'eval/action_nll',
  /** Action NLL of the Bayes-optimal observer on the same data. */
  bayesFloor: 'eval/bayes_floor',
  /** Share of sampled episodes whose visits obey the transitions of the training tasks. */
  obeyed: 'eval/transitions_obeyed',
  success: 'eval/success',
  /** Codes held in unconditioned episodes so far, and the share of them that touched a colour. */
  heldCodes: 'skills/held_codes',
  codesReached: 'skills/reached',
} as const;
