import type { Phase } from './phase.js';
import { discoverPhase } from './phases/discover.js';
import { evaluatePhase } from './phases/evaluate.js';
import { pretrainPhase } from './phases/pretrain.js';
import { reinforcePhase } from './phases/reinforce.js';
import { skillsPhase } from './phases/skills.js';
import { supervisePhase } from './phases/supervise.js';

/** The phases of the method, in the order they are run. */
export const PHASES: readonly Phase[] = [pretrainPhase, discoverPhase, skillsPhase, supervisePhase, reinforcePhase, evaluatePhase];
