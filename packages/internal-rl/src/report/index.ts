/** What the phases of the method tell of their runs in a report. */
import { countModels, type SystemReport } from '@coxswain/lab';
import { learningRuns, reinforcementCharts, trainingCharts } from './curves.js';
import { picturesOf } from './pictures.js';
import { differencesWithin, kindsOf, learningPools } from './pooled.js';
import { storyOf, tilesOf } from './story.js';
import { buildTables } from './tables.js';

export const methodReport: SystemReport = {
  lead: 'A sequence model learns from demonstrations and is frozen; a small network finds skills in its residual stream; RL then chooses skills instead of actions.',
  facts: (runs) => [
    { label: 'metacontrollers', value: countModels(runs, 'discover', 'controller') },
    { label: 'RL runs', value: String(runs.filter((run) => run.config.phase === 'reinforce').length) },
  ],
  story: storyOf,
  tiles: tilesOf,
  warnings: (runs) => differencesWithin(learningPools(runs), 'told apart, for its runs differ in'),
  learning: (runs) => learningRuns(runs, kindsOf(runs)),
  pictures: picturesOf,
  charts: (runs) => [...reinforcementCharts(runs, kindsOf(runs)), ...trainingCharts(runs)],
  tables: buildTables,
};
