import type { Phase } from './phase.js';
import { discoverPhase } from './phases/discover.js';
import { evaluatePhase } from './phases/evaluate.js';
import { pretrainPhase } from './phases/pretrain.js';
import { reinforcePhase } from './phases/reinforce.js';
import { methodReport } from './phases/report/index.js';
import { skillsPhase } from './phases/skills.js';
import { supervisePhase } from './phases/supervise.js';
import type { SystemReport } from './report/system-report.js';

/** The phases of the method, in the order they are run. */
export const PHASES: readonly Phase[] = [pretrainPhase, discoverPhase, skillsPhase, supervisePhase, reinforcePhase, evaluatePhase];

/** What they tell of their runs. */
export const SYSTEM_REPORTS: readonly SystemReport[] = [methodReport];
