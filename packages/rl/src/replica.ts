import type { ParameterStore } from '@coxswain/tensor';
import type { Player } from './rollout.js';
import type { Learner } from './update.js';

/** What learns and plays on one device. */
export type Replica = {
  readonly learner: Learner;
  readonly rollout: Player;
  /** Models that do not learn, by name: where an update is spoilt, their parameters are looked at too. */
  readonly frozen?: Readonly<Record<string, ParameterStore>>;
  /** What is disposed with it. */
  readonly owned?: readonly { dispose(): void }[];
};
