import { METRICS as SHARED } from '@coxswain/lab';

/** Metric names of this system, with those that systems share. */
export const METRICS = {
  ...SHARED,
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
  /** Mean standard deviation of the codes that a policy proposes, its exploration included. */
  policySpread: 'policy/spread',
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
  /** Codes held in unconditioned episodes so far, and the share of them that touched a colour. */
  heldCodes: 'skills/held_codes',
  codesReached: 'skills/reached',
} as const;
