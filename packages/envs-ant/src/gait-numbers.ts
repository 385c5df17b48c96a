import type { Gait } from './gait.js';

/** What a search found (`npm run ant:gait`), as docs/results/ant/gait.json stores it. */
export const GAIT: Gait = {
  frequency: 2.8806,
  hipSwing: 0.3617,
  ankleSwing: 0.4826,
  ankleRest: 0.8974,
  lift: 0.4101,
  liftLag: 0.0972,
  duty: 0.3013,
  hipStiffness: 1.1326,
  hipDamping: 0.1829,
  ankleStiffness: 1.6489,
  ankleDamping: 0.1357,
  lean: 0.8341,
  turnDamping: -0.0263,
  align: 0.2226,
};
