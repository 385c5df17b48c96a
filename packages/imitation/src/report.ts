/** What a report tells of sequence models that were trained from demonstrations. */

import { column, countModels, lastValue, METRICS, metricChart, type ReportTable, type StoredRun, type SystemReport } from '@coxswain/lab';
import { PRETRAIN } from './pretrain.js';

const pretrained = (runs: readonly StoredRun[]): StoredRun[] => runs.filter(({ config }) => config.phase === PRETRAIN);

function pretrainTable(runs: readonly StoredRun[]): ReportTable {
  return {
    title: 'Sequence models',
    about:
      'Pretraining, every seed. Obeyed: share of sampled episodes whose visits follow the transitions of the training tasks. NLL in nats an action, beside the Bayes-optimal observer’s on the same data.',
    columns: [column('Seed'), column('Steps'), column('Obeyed'), column('Action NLL'), column('Bayes floor'), column('Command', false)],
    rows: runs.map((run) => [
      run.config.seed,
      run.metrics.at(-1)?.step ?? null,
      lastValue(run, METRICS.obeyed),
      lastValue(run, METRICS.evalActionNll),
      lastValue(run, METRICS.bayesFloor),
      run.config.command,
    ]),
    runs: runs.map(({ name }) => [name]),
  };
}

export const imitationReport: SystemReport = {
  facts: (runs) => [{ label: 'sequence models', value: countModels(runs, PRETRAIN, 'base') }],
  warnings: () => [],
  charts: (runs) => [
    ...metricChart(pretrained(runs), {
      title: 'Pretraining: action NLL',
      about: 'Nats an action, on training batches.',
      value: METRICS.actionNll,
      reference: { label: 'Bayes', name: METRICS.bayesFloor },
    }),
    ...metricChart(pretrained(runs), {
      title: 'Pretraining: transitions obeyed',
      about: 'Share of sampled episodes that follow the transitions of the training tasks.',
      value: METRICS.obeyed,
    }),
  ],
  tables: (runs) => (pretrained(runs).length > 0 ? [pretrainTable(pretrained(runs))] : []),
};
