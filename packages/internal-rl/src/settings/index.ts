/** The sections of the method, in the order in which settings are listed. */
import { skillsSection } from '../skills/settings.js';
import { discoverSection, stagesSection } from './discover.js';
import { compileSection, metacontrollerSection } from './metacontroller.js';
import { evaluateSection, internalSection, rawSection, reinforceSection } from './reinforce.js';
import { superviseSection } from './supervise.js';

export const SECTIONS = [
  metacontrollerSection,
  discoverSection,
  stagesSection,
  compileSection,
  skillsSection,
  superviseSection,
  reinforceSection,
  internalSection,
  rawSection,
  evaluateSection,
] as const;
