/** What the phases of the method tell of their runs in a report. */
import type { SystemReport } from '@coxswain/lab';
import { learningRuns, trainingCharts } from './curves.js';
import { picturesOf } from './pictures.js';
import { differencesWithin, learningPools } from './pooled.js';
import { buildTables } from './tables.js';

export const methodReport: SystemReport = {
  lead: 'A sequence model learns from demonstrations and is frozen; a small network finds skills in its residual stream; RL then chooses skills instead of actions.',
  facts: (runs) => {
    const count = (phase: string): string => String(runs.filter((run) => run.config.phase === phase).length);
    return [
      { label: 'metacontrollers', value: count('discover') },
      { label: 'RL runs', value: count('reinforce') },
    ];
  },
  warnings: (runs) => differencesWithin(learningPools(runs)),
  learning: learningRuns,
  pictures: picturesOf,
  charts: trainingCharts,
  tables: buildTables,
};
