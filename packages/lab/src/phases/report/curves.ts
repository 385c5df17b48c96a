/** Curves of a report: learning by reward, and training. */
import { METRICS } from '../../names.js';
import type { LearningRun, TrainingChart } from '../../report/data.js';
import { labelsOf } from '../../results/rows.js';
import { lastValue, type StoredRun } from '../../run/scan.js';

/** An RL run's learning curve. */
function learningRun(run: StoredRun): LearningRun {
  const { config, metrics } = run;
  const labels = labelsOf(config);
  const section = labels.method === 'raw' ? config.config.raw : config.config.internal;
  const points = metrics.flatMap((line) => {
    const [episodes, success] = [line[METRICS.episodes], line[METRICS.episodicReturn]];
    return episodes === undefined || success === undefined ? [] : [{ episodes, success }];
  });
  return {
    ...labels,
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

function chart(
  runs: readonly StoredRun[],
  title: string,
  about: string,
  name: string,
  reference?: { readonly label: string; readonly name: string },
): TrainingChart[] {
  const curves = runs.flatMap((run) => {
    const points = run.metrics.flatMap((line) => (line[name] === undefined ? [] : [{ x: line.step, y: line[name] }]));
    const base = run.config.inputs.base;
    const view = run.config.config.discover?.view;
    const label = `${base ? `base ${base.seed}, ` : ''}seed ${run.config.seed}${view ? `, ${view}` : ''}`;
    return points.length > 1 ? [{ label, points }] : [];
  });
  // Seeds share their data's distribution, so one line stands for all their floors.
  const floor = reference && runs.map((run) => lastValue(run, reference.name)).find((value) => value !== null);
  const references = reference && typeof floor === 'number' ? [{ label: reference.label, y: floor }] : [];
  return curves.length > 0 ? [{ title, about, xLabel: 'training steps', curves, references }] : [];
}

/** Training curves of sequence models and of what steers them. */
export function trainingCharts(runs: readonly StoredRun[]): TrainingChart[] {
  const of = (phase: string) => runs.filter((run) => run.config.phase === phase);
  const [pretrained, discovered] = [of('pretrain'), of('discover')];
  return [
    ...chart(pretrained, 'Pretraining: action NLL', 'Nats an action, on training batches.', METRICS.actionNll, {
      label: 'Bayes',
      name: METRICS.bayesFloor,
    }),
    ...chart(
      pretrained,
      'Pretraining: transitions obeyed',
      'Share of sampled episodes that follow the transitions of the training tasks.',
      METRICS.obeyed,
    ),
    ...chart(discovered, 'Discovery: action NLL', 'Nats an action under steering, on training batches.', METRICS.actionNll, {
      label: 'no control',
      name: METRICS.nllUncontrolled,
    }),
    ...chart(
      discovered,
      'Discovery: switch F1',
      'Switches against true subgoal changes at the exact step, hard gates, held-out episodes.',
      METRICS.switchF1Exact,
    ),
    ...chart(
      discovered,
      'Discovery: subgoal read from z',
      'Share of steps whose true subgoal a linear map finds in z.',
      METRICS.subgoalReadout,
    ),
    ...chart(discovered, 'Discovery: KL of the codes', 'Nats a step between the codes and N(0, I).', METRICS.codeKl),
  ];
}
