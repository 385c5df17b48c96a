import type { Gait } from './gait.js';

/** What a search found (`npm run ant:gait`, stored in docs/results/ant/gait.json). */
export const GAIT: Gait = {
  frequency: 3.0142,
  hipSwing: 0.5741,
  ankleSwing: 0.6608,
  ankleRest: 0.8505,
  lift: 0.4914,
  liftLag: 0.0779,
  duty: 0.5604,
  hipStiffness: 1.1958,
  hipDamping: 0.217,
  ankleStiffness: 1.4085,
  ankleDamping: 0.1107,
  lean: 0.4168,
  turnDamping: -0.0778,
  align: 0.4048,
};
