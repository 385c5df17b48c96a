import type { RunFolder, StageTrace } from '@coxswain/lab';

/** Leaves what each stage was shown and found in a run's folder: for the report, and drawn. */
export async function writeStages(folder: Pick<RunFolder, 'writeArtifact' | 'writeText'>, stages: readonly StageTrace[]): Promise<void> {
  folder.writeArtifact('stages.json', stages);
  const { standaloneStages } = await import('@coxswain/lab/draw');
  folder.writeText('stages.svg', standaloneStages(stages));
}
