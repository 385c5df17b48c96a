import type { RunFolder } from '@coxswain/lab';
import { standaloneStages } from '../report/stages.js';
import { STAGES, type StageTrace } from '../report/traces.js';

/** Leaves what each stage was shown and found in a run's folder: for the report, and drawn. */
export function writeStages(folder: Pick<RunFolder, 'writeArtifact' | 'writeText'>, stages: readonly StageTrace[]): void {
  folder.writeArtifact(STAGES.file, stages);
  folder.writeText('stages.svg', standaloneStages(stages));
}
