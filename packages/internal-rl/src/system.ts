/**
 * Internal RL: skills found in a frozen sequence model, and RL that chooses among them. The one list of this folder.
 */

import { type ConfigOf, system } from '@coxswain/lab';
import { ANALYSES } from './analyses/index.js';
import { SUMMARIES } from './analyses/summaries.js';
import { discoverPhase } from './phases/discover.js';
import { evaluatePhase } from './phases/evaluate.js';
import { reinforcePhase } from './phases/reinforce.js';
import { skillsPhase } from './phases/skills.js';
import { supervisePhase } from './phases/supervise.js';
import { methodReport } from './report/index.js';
import { EPISODES } from './report/shown-episodes.js';
import { STAGES, SWITCHES } from './report/traces.js';
import { SECTIONS } from './settings/index.js';
import { SKILLS } from './skills/open.js';
import { playCommand } from './skills/play-command.js';

declare module '@coxswain/lab' {
  interface Config extends ConfigOf<typeof SECTIONS> {}
}

export const internalRl = system({
  name: 'internal-rl',
  sections: SECTIONS,
  phases: [discoverPhase, skillsPhase, supervisePhase, reinforcePhase, evaluatePhase],
  analyses: ANALYSES,
  summaries: SUMMARIES,
  commands: [playCommand],
  leaves: [SWITCHES, STAGES, EPISODES, SKILLS],
  report: methodReport,
});
