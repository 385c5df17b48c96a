import type { Gait } from './gait.js';

/** What a search found (`npm run ant:gait`), as docs/results/ant/gait.json stores it. */
export const GAIT: Gait = {
  frequency: 3.0075,
  hipSwing: 0.3165,
  ankleSwing: 0.4982,
  ankleRest: 0.8832,
  lift: 0.4133,
  liftLag: 0.1054,
  duty: 0.2708,
  hipStiffness: 1.1731,
  hipDamping: 0.2023,
  ankleStiffness: 1.6392,
  ankleDamping: 0.1251,
  lean: 0.8583,
  turnDamping: 0.0547,
  align: 0.2165,
};
