/** Whether moments can teach a code anything: said before a controller is trained on them, not after. */
import type { Trajectories } from '@coxswain/envs';
import { NoMomentsError } from '@coxswain/lab';
import { type StepTable, shareShown } from './step-table.js';

/** A code is held from one moment to another. */
const NEEDED = 2;
/** Shares of the steps at which a switch never opens, or always, as good as. */
const [NEVER, ALWAYS] = [0.01, 0.9];

const KEPT = 'Every finished stage is kept in the checkpoint of its run folder. ';

const MORE = 'Show it more: a lower discover.momentResponsibility, or discover.momentRule=share with a larger discover.momentShare.';

/** @throws NoMomentsError for fewer moments an episode, in the mean, than a code needs. */
export function requireEnough(moments: StepTable, { count }: Pick<Trajectories, 'count'>, remedy = MORE): void {
  const mean = moments.total / count;
  if (!(mean >= NEEDED))
    throw new NoMomentsError(
      `${mean.toFixed(2)} moments an episode, its last step among them`,
      `at least ${NEEDED}, for a code is held from one to another`,
      remedy,
    );
}

/**
 * @param switches where they opened, and the last steps.
 * @param stage whose they are, in words.
 * @throws NoMomentsError for a switch that never opens, or always.
 */
export function requireSwitching(switches: StepTable, episodes: Pick<Trajectories, 'length' | 'count'>, stage: string): void {
  const share = shareShown(switches, episodes);
  const told = (how: string) => `The switch of ${stage} opens ${how} (at ${share.toFixed(3)} of the steps after the first)`;
  const expected = `one that opens at more than ${NEVER} and less than ${ALWAYS} of them`;
  if (!(share > NEVER)) {
    const remedy = 'Train it for longer before its gate turns hard (stages.steps, stages.laterGateFrom), with a smaller discover.alpha.';
    throw new NoMomentsError(told('as good as never'), expected, KEPT + remedy);
  }
  if (share >= ALWAYS) {
    const remedy = 'Show it fewer moments (discover.momentResponsibility, or momentRule=share), or raise discover.alpha.';
    throw new NoMomentsError(told('as good as always'), expected, KEPT + remedy);
  }
  requireEnough(switches, episodes, `${KEPT}Train ${stage} for longer (stages.steps), or show it more moments.`);
}
