/** Sequence models that learn from demonstrations, an expert's or a file's: the one list of this folder. */
import { type ConfigOf, system } from '@coxswain/lab';
import { pretrainPhase } from './pretrain.js';
import { imitationReport } from './report.js';
import { pretrainSection } from './settings.js';

const SECTIONS = [pretrainSection] as const;

declare module '@coxswain/lab' {
  interface Config extends ConfigOf<typeof SECTIONS> {}
}

export const imitation = system({ name: 'imitation', sections: SECTIONS, phases: [pretrainPhase], report: imitationReport });
