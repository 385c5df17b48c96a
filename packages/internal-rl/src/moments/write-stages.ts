import { type RunFolder, type StageTrace, standaloneStages } from '@coxswain/lab';

/** Leaves what each stage was shown and found in a run's folder: for the report, and drawn. */
export function writeStages(folder: Pick<RunFolder, 'writeArtifact' | 'writeText'>, stages: readonly StageTrace[]): void {
  folder.writeArtifact('stages.json', stages);
  folder.writeText('stages.svg', standaloneStages(stages));
}
