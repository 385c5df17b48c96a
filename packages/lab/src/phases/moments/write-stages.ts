import type { StageTrace } from '../../report/data.js';
import type { RunFolder } from '../../run/folder.js';

/** Leaves what each stage was shown and found in a run's folder: for the report, and drawn. */
export async function writeStages(folder: Pick<RunFolder, 'writeArtifact' | 'writeText'>, stages: readonly StageTrace[]): Promise<void> {
  folder.writeArtifact('stages.json', stages);
  const { standaloneStages } = await import('../../report/standalone.js');
  folder.writeText('stages.svg', standaloneStages(stages));
}
