/** Curves of a report: learning by reward, and training. */

import { type LearningRun, metricChart, type StoredRun, type TrainingChart } from '@coxswain/lab';
import { METRICS } from '../metrics.js';
import { labelsOf } from '../phases/labels.js';
import { methodLabel } from './method-names.js';

/** An RL run's learning curve. */
function learningRun(run: StoredRun): LearningRun {
  const { config, metrics } = run;
  const labels = labelsOf(config);
  const section = labels.method === 'raw' ? config.config.raw : config.config.internal;
  const points = metrics.flatMap((line) => {
    const [episodes, success] = [line[METRICS.episodes], line[METRICS.episodicReturn]];
    return episodes === undefined || success === undefined ? [] : [{ episodes, success }];
  });
  const { baseSeed, controllerSeed, rlSeed } = labels;
  return {
    label: methodLabel(labels),
    baseSeed,
    controllerSeed,
    rlSeed,
    task: config.config.reinforce?.task ?? '',
    learningRate: section?.learningRate ?? 0,
    planned: (section?.updates ?? 0) * (section?.episodesPerUpdate ?? 0),
    command: config.command,
    points,
  };
}

/** The learning curves of all RL runs that have one. */
export function learningRuns(runs: readonly StoredRun[]): LearningRun[] {
  return runs
    .filter((run) => run.config.phase === 'reinforce')
    .map(learningRun)
    .filter(({ points }) => points.length > 0);
}

const told = (run: StoredRun): string | undefined => run.config.config.discover?.view;

/** Training curves of what steers sequence models. */
export function trainingCharts(runs: readonly StoredRun[]): TrainingChart[] {
  const discovered = runs.filter((run) => run.config.phase === 'discover');
  return [
    ...metricChart(discovered, {
      title: 'Discovery: action NLL',
      about: 'Nats an action under steering, on training batches.',
      name: METRICS.actionNll,
      reference: { label: 'no control', name: METRICS.nllUncontrolled },
      told,
    }),
    ...metricChart(discovered, {
      title: 'Discovery: switch F1',
      about: 'Switches against true subgoal changes at the exact step, hard gates, held-out episodes.',
      name: METRICS.switchF1Exact,
      told,
    }),
    ...metricChart(discovered, {
      title: 'Discovery: subgoal read from z',
      about: 'Share of steps whose true subgoal a linear map finds in z.',
      name: METRICS.subgoalReadout,
      told,
    }),
    ...metricChart(discovered, {
      title: 'Discovery: KL of the codes',
      about: 'Nats a step between the codes and N(0, I).',
      name: METRICS.codeKl,
      told,
    }),
  ];
}
