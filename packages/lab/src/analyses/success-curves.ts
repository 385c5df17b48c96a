/** Success against episodes, every method: median and quartiles over runs, on a linear and a logarithmic axis (§5). */
import { quantile } from 'd3-array';
import { UsageError } from '../errors.js';
import { learningRuns } from '../phases/report/curves.js';
import { learningPools } from '../phases/report/pooled.js';
import type { LearningRun, TrainingChart } from '../report/data.js';
import { curvesByMethod, type MethodCurves } from '../report/method-curves.js';
import { rowsOf, shown, tableOf } from './findings.js';
import type { Summary } from './summary.js';

/** Runs that quartiles are taken over, at least. */
const FEWEST = 3;
const SMOOTHING = 5;

/** How many runs each curve is of, and which of them have no quartiles. */
function captionOf(methods: readonly MethodCurves[]): string {
  const few = methods.filter(({ runs }) => runs.length < FEWEST).map(({ label }) => label);
  const without = few.length > 0 ? ` No quartiles for ${few.join(', ')}: they take ${FEWEST} runs.` : '';
  const counts = methods.map(({ label, runs }) => `${label} ${runs.length}`).join(', ');
  return `Medians${few.length < methods.length ? ' and quartiles' : ''} over runs (${counts}); each point is the mean of ${SMOOTHING} updates.${without}`;
}

function chartsOf(methods: readonly MethodCurves[], task: string) {
  const chart: TrainingChart = {
    title: `Success on ${task}`,
    about: captionOf(methods),
    xLabel: 'episodes',
    curves: methods.map(({ label, runs, summary }) => ({
      label: runs.length < FEWEST ? `${label} (${runs.length === 1 ? '1 run' : `${runs.length} runs`})` : label,
      points: summary.map(({ x, mid }) => ({ x, y: mid })),
      ...(runs.length < FEWEST ? {} : { band: summary }),
    })),
    references: [],
  };
  return [chart, { ...chart, title: `${chart.title}, logarithmic axis`, xLabel: 'episodes (log)', log: true }];
}

/** By task, then method, the success measured at the end. */
function finalRows(runs: readonly LearningRun[], tasks: readonly string[]) {
  return tasks.flatMap((task) =>
    curvesByMethod(
      runs.filter((run) => run.task === task),
      SMOOTHING,
    ).map(({ label, runs: own }) => {
      const ends = own.map(({ points }) => points.at(-1)?.y ?? 0);
      const at = (p: number) => (p !== 0.5 && own.length < FEWEST ? null : (quantile(ends, p) ?? null));
      return [label, task, own.length, Math.max(...own.map(({ points }) => points.at(-1)?.x ?? 0)), at(0.5), at(0.25), at(0.75)];
    }),
  );
}

export const curvesSummary: Summary = {
  name: 'curves',
  about: 'Success against episodes for all methods: median and quartiles over seeds, linear and logarithmic axes.',
  pools: learningPools,
  answer: (found) =>
    rowsOf(found).map(({ Method, Task, Runs, Median, ...row }) => {
      const quartiles =
        row['Lower quartile'] === null ? '' : `, quartiles ${shown(row['Lower quartile'])} and ${shown(row['Upper quartile'])}`;
      return `${Method} on ${Task}: ${shown(Median)} at the end, median of ${Runs} run${Runs === 1 ? '' : 's'}${quartiles}.`;
    }),
  run(stored) {
    const runs = learningRuns(stored);
    const tasks = [...new Set(runs.map(({ task }) => task))].sort((a, b) => a.length - b.length || Number(a > b) - Number(a < b));
    if (tasks.length === 0)
      throw new UsageError('--runs', 'no run of `coxswain reinforce` with metrics', 'at least one', 'Run it first, or give other folders.');
    const byTask = tasks.map(
      (task) =>
        [
          task,
          curvesByMethod(
            runs.filter((run) => run.task === task),
            SMOOTHING,
          ),
        ] as const,
    );
    return {
      title: 'Success of all methods',
      about: 'Share of sampled episodes that finish the task, while learning.',
      paper:
        'Internal RL’s median over 30 runs rises to a high value within about a million episodes; raw-action RL, no temporal abstraction, co-training and CompILE stay near zero (§5).',
      charts: byTask.flatMap(([task, methods]) => chartsOf(methods, task)),
      tables: [
        tableOf(
          'Success at the end of learning',
          `Mean of the last ${SMOOTHING} updates of each run; over runs, quartiles from ${FEWEST} on.`,
          ['Method', 'Task', 'Runs', 'Episodes', 'Median', 'Lower quartile', 'Upper quartile'],
          finalRows(runs, tasks),
          2,
        ),
      ],
    };
  },
};
