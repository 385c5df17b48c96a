/** Sequence models that learn from demonstrations, an expert's or a file's: the one list of this folder. */
import type { ConfigOf } from '../config.js';
import { system } from '../system.js';
import { pretrainPhase } from './pretrain.js';
import { imitationReport } from './report.js';
import { pretrainSection } from './settings.js';

const SECTIONS = [pretrainSection] as const;

declare module '../config.js' {
  interface Config extends ConfigOf<typeof SECTIONS> {}
}

export const imitation = system({ name: 'imitation', sections: SECTIONS, phases: [pretrainPhase], report: imitationReport });
