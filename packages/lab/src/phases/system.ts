/**
 * Internal RL: skills found in a frozen sequence model, and RL that chooses among them. The one list of this folder.
 */
import { ANALYSES } from '../analyses/index.js';
import { SUMMARIES } from '../analyses/summaries.js';
import type { ConfigOf } from '../config.js';
import { SKILLS } from '../skills/open.js';
import { PLAY_ABOUT, runPlay } from '../skills/play-command.js';
import { system } from '../system.js';
import { discoverPhase } from './discover.js';
import { evaluatePhase } from './evaluate.js';
import { reinforcePhase } from './reinforce.js';
import { methodReport } from './report/index.js';
import { SECTIONS } from './settings/index.js';
import { skillsPhase } from './skills.js';
import { supervisePhase } from './supervise.js';

declare module '../config.js' {
  interface Config extends ConfigOf<typeof SECTIONS> {}
}

export const internalRl = system({
  name: 'internal-rl',
  sections: SECTIONS,
  phases: [discoverPhase, skillsPhase, supervisePhase, reinforcePhase, evaluatePhase],
  analyses: ANALYSES,
  summaries: SUMMARIES,
  commands: [{ name: 'play', about: PLAY_ABOUT, run: runPlay }],
  leaves: [SKILLS],
  report: methodReport,
});
