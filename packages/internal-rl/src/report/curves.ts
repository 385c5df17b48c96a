/** Curves of a report: learning by reward, and training. */

import { type LearningRun, type MetricChart, metricChart, type StoredRun, type TrainingChart } from '@coxswain/lab';
import { mean } from 'd3-array';
import { METRICS } from '../metrics.js';
import { labelsOf } from '../phases/labels.js';
import { methodLabel, seedsOf } from './method-names.js';

/** An RL run's learning curve. */
function learningRun(run: StoredRun, kind: string | undefined): LearningRun {
  const { config, metrics } = run;
  const labels = labelsOf(config);
  const section = labels.method === 'raw' ? config.config.raw : config.config.internal;
  const points = metrics.flatMap((line) => {
    const [episodes, success] = [line[METRICS.episodes], line[METRICS.episodicReturn]];
    return episodes === undefined || success === undefined ? [] : [{ episodes, success }];
  });
  const { baseSeed, controllerSeed, rlSeed } = labels;
  return {
    run: run.name,
    label: methodLabel(labels, kind),
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

/** The learning curves of all RL runs that have one. @param kinds what tells those of one method apart: `kindsOf`. */
export function learningRuns(runs: readonly StoredRun[], kinds: ReadonlyMap<StoredRun, string> = new Map()): LearningRun[] {
  return runs
    .filter((run) => run.config.phase === 'reinforce')
    .map((run) => learningRun(run, kinds.get(run)))
    .filter(({ points }) => points.length > 0);
}

/** One that shows who learned: method and seeds. */
const learner = (run: StoredRun, kind: string | undefined): string => {
  const labels = labelsOf(run.config);
  return `${methodLabel(labels, kind)}: ${seedsOf(labels)}`;
};

/** What each update of RL reports, with what it is called; a value that a run does not log has no curve. */
const UPDATES: readonly Pick<MetricChart, 'title' | 'about' | 'value'>[] = [
  { title: 'RL: return', about: 'Mean reward of an episode, on the batches learned from.', value: METRICS.episodicReturn },
  { title: 'RL: episode length', about: 'Mean steps of an episode.', value: METRICS.episodicLength },
  {
    title: 'RL: switches an episode',
    about: 'Codes begun in an episode, the first one among them.',
    value: (line) => (line[METRICS.segmentLength] > 0 ? line[METRICS.episodicLength] / line[METRICS.segmentLength] : undefined),
  },
  { title: 'RL: KL', about: 'Approximate KL of an update’s epochs, nats a decision.', value: METRICS.approximateKl },
  { title: 'RL: clip fraction', about: 'Share of decisions whose probability ratio was clipped.', value: METRICS.clipFraction },
  { title: 'RL: gradient norm', about: 'Before clipping, mean over an update’s epochs.', value: METRICS.gradientNorm },
  {
    title: 'RL: spread of the policy',
    about: 'Mean standard deviation of the codes that it proposes, exploration included; noted where a run saves.',
    value: METRICS.policySpread,
  },
];

/** Curves of what learns by reward. */
export function reinforcementCharts(runs: readonly StoredRun[], kinds: ReadonlyMap<StoredRun, string>): TrainingChart[] {
  const learned = runs.filter((run) => run.config.phase === 'reinforce');
  const how = { label: (run: StoredRun) => learner(run, kinds.get(run)), xLabel: 'updates' };
  return [...timeChart(learned, how.label), ...UPDATES.flatMap((chart) => metricChart(learned, { ...chart, ...how }))];
}

const MINUTE = 60;

/** Success against the time that learning took: the mean of the updates between two checkpoints at the later one. */
function timeChart(runs: readonly StoredRun[], label: (run: StoredRun) => string): TrainingChart[] {
  const curves = runs.flatMap((run) => {
    const points = run.times.flatMap(({ step, seconds }, i) => {
      const from = run.times[i - 1]?.step ?? 0;
      const between = run.metrics.filter((line) => line.step > from && line.step <= step && line[METRICS.episodicReturn] !== undefined);
      const success = mean(between, (line) => line[METRICS.episodicReturn]);
      return success === undefined ? [] : [{ x: seconds / MINUTE, y: success }];
    });
    return points.length > 1 ? [{ label: label(run), run: run.name, points }] : [];
  });
  const about = 'Share of the episodes learned from that were solved, against the time that learning took on the machine of each run.';
  return curves.length > 0 ? [{ title: 'RL: success against time', about, xLabel: 'minutes', curves, references: [] }] : [];
}

const told = (run: StoredRun): string | undefined => run.config.config.discover?.view;

/** Training curves of what steers sequence models. */
export function trainingCharts(runs: readonly StoredRun[]): TrainingChart[] {
  const discovered = runs.filter((run) => run.config.phase === 'discover');
  return [
    ...metricChart(discovered, {
      title: 'Discovery: action NLL',
      about: 'Nats an action under steering, on training batches.',
      value: METRICS.actionNll,
      reference: { label: 'no control', name: METRICS.nllUncontrolled },
      told,
    }),
    ...metricChart(discovered, {
      title: 'Discovery: switch F1',
      about: 'Switches against true subgoal changes at the exact step, hard gates, held-out episodes.',
      value: METRICS.switchF1Exact,
      told,
    }),
    ...metricChart(discovered, {
      title: 'Discovery: subgoal read from z',
      about: 'Share of steps whose true subgoal a linear map finds in z.',
      value: METRICS.subgoalReadout,
      told,
    }),
    ...metricChart(discovered, {
      title: 'Discovery: KL of the codes',
      about: 'Nats a step between the codes and N(0, I).',
      value: METRICS.codeKl,
      told,
    }),
  ];
}
