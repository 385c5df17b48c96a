/** The report's tables, one row a run, with the command that made it. */

import { column, lastValue, listOf, type ReportTable, type ResultRow, type StoredRun, sortRows } from '@coxswain/lab';
import { group, median, quantile } from 'd3-array';
import { METRICS } from '../metrics.js';
import { SKILLS } from '../skills/open.js';
import { methodLabel, methodName } from './method-names.js';
import { discoveryOf } from './pooled.js';

/** What the methods of a table were not given alike: said wherever they stand side by side. */
function unlike(methods: Iterable<string>): string {
  const there = new Set(methods);
  if (there.size < 2) return '';
  const said = [
    there.has('compile')
      ? ' CompILE’s encoder sees the very episode that it cuts, another view than the others’; its base stays frozen.'
      : '',
    there.has('co-trained') ? ' Co-training goes on from the pretrained base, which learns along; every other base stays frozen.' : '',
  ];
  return said.join('');
}

function discoverTable(runs: readonly StoredRun[]): ReportTable {
  return {
    title: 'Metacontrollers',
    about:
      'Discovery, every seed. F1 compares switches (hard gates) with true subgoal changes at the exact step; read-out is the share of steps whose true subgoal a linear map finds in z; NLL in nats an action with hard gates, and without any control.' +
      unlike(runs.map((run) => discoveryOf(run).method)),
    columns: [
      column('Base'),
      column('Seed'),
      column('Method', false),
      column('View', false),
      column('F1'),
      column('Read-out'),
      column('Hard NLL'),
      column('No control'),
      column('Command', false),
    ],
    rows: runs.map((run) => {
      const { method, view } = discoveryOf(run);
      return [
        run.config.inputs.base?.seed ?? null,
        run.config.seed,
        methodName(method),
        method === 'compile' ? 'same' : view,
        lastValue(run, METRICS.switchF1Exact),
        lastValue(run, METRICS.subgoalReadout),
        lastValue(run, METRICS.nllHard),
        lastValue(run, METRICS.nllUncontrolled),
        run.config.command,
      ];
    }),
  };
}

function superviseTable(runs: readonly StoredRun[]): ReportTable {
  return {
    title: 'Controllers trained with labels',
    about:
      'What steering can do at most on each sequence model: one controller a subgoal, the true one switched on. NLL in nats an action.',
    columns: [column('Base'), column('Seed'), column('NLL'), column('Command', false)],
    rows: runs.map(({ config, measured }) => [
      config.inputs.base?.seed ?? null,
      config.seed,
      measured[METRICS.nllHard] ?? null,
      config.command,
    ]),
  };
}

function skillsTable(runs: readonly StoredRun[]): ReportTable {
  return {
    title: 'Skills',
    about:
      'Codes held in episodes without a task, grouped by what they do to the residual stream. Purity: share of a skill’s codes that touched its colour first, each in the one episode that held it; steps: median of those that did.',
    columns: [
      column('Base'),
      column('Controller'),
      column('Seed'),
      column('Skill', false),
      column('Codes'),
      column('Purity'),
      column('Steps'),
      column('Command', false),
    ],
    rows: runs.flatMap((run) =>
      listOf(run, SKILLS).map(({ name, count, purity, steps }) => [
        run.config.inputs.base?.seed ?? null,
        run.config.inputs.controller?.seed ?? null,
        run.config.seed,
        name,
        count,
        purity,
        steps,
        run.config.command,
      ]),
    ),
  };
}

/**
 * A row with how it came about; `learned` is the task of its run, which labelled controllers learn no more than any
 * other. `again`: it was measured by `coxswain evaluate`, and may stand beside what the policy's own run measured.
 */
type RowOfRun = ResultRow & { readonly command: string; readonly learned: string; readonly again: boolean };

const carriedOver = ({ method, task, learned }: RowOfRun): boolean => method !== 'supervised' && task !== learned;

function resultTable(rows: readonly RowOfRun[]): ReportTable {
  return {
    title: 'Success, every run',
    about: 'Share of sampled episodes that finish the task, after the given number of training episodes.',
    columns: [
      column('Method', false),
      column('Task', false),
      column('Base'),
      column('Controller'),
      column('RL'),
      column('Episodes'),
      column('Success'),
      column('Command', false),
    ],
    rows: sortRows(rows).map((row) => [
      methodLabel(row),
      row.task,
      row.baseSeed,
      row.controllerSeed,
      row.rlSeed,
      row.episodes,
      row.success,
      row.command,
    ]),
  };
}

/** One row a policy and task: what was measured again counts where the policy's own run is not there. */
function onePerPolicy(rows: readonly RowOfRun[]): RowOfRun[] {
  const keyOf = ({ method, view, baseSeed, controllerSeed, rlSeed, task, learned, episodes }: RowOfRun): string =>
    JSON.stringify([method, view, baseSeed, controllerSeed, rlSeed, task, learned, episodes]);
  const own = new Set(rows.filter(({ again }) => !again).map(keyOf));
  return rows.filter((row, i) => !row.again || (!own.has(keyOf(row)) && rows.findIndex((other) => keyOf(other) === keyOf(row)) === i));
}

const SPREAD = [column('Runs'), column('Median'), column('Lower quartile'), column('Upper quartile')];

/** For each group of rows what its members share, then how many they are, their median and quartiles. */
function spreadRows<R extends ResultRow>(rows: readonly R[], shared: (row: R) => (string | number)[]): ReportTable['rows'] {
  return [...group(sortRows(rows), (row) => shared(row).join('\n')).values()].map((members) => {
    const values = members.map((row) => row.success);
    return [...shared(members[0]), members.length, median(values) ?? null, quantile(values, 0.25) ?? null, quantile(values, 0.75) ?? null];
  });
}

function summaryTable(rows: readonly ResultRow[]): ReportTable {
  return {
    title: 'Success, summary',
    about: `Median and quartiles over the runs below.${unlike(rows.map(({ method }) => method))}`,
    columns: [column('Method', false), column('Task', false), column('Episodes'), ...SPREAD],
    rows: spreadRows(rows, (row) => [methodLabel(row), row.task, row.episodes]),
  };
}

function carriedTable(rows: readonly RowOfRun[]): ReportTable {
  return {
    title: 'Success on a task that was not learned',
    about: 'The same policies on another task than the one that they were rewarded for, by method and the task that was learned.',
    columns: [column('Method', false), column('Learned', false), column('Task', false), column('Episodes'), ...SPREAD],
    rows: spreadRows(rows, (row) => [methodLabel(row), row.learned, row.task, row.episodes]),
  };
}

/** Every table that the runs give something for. */
export function buildTables(runs: readonly StoredRun[]): ReportTable[] {
  const of = (phase: string) => runs.filter((run) => run.config.phase === phase);
  const all = runs.flatMap(({ rows, config }) =>
    rows.map(
      (row): RowOfRun => ({
        ...row,
        command: config.command,
        learned: row.learned ?? config.config.reinforce?.task ?? row.task,
        again: config.phase === 'evaluate',
      }),
    ),
  );
  const [carried, rows] = [all.filter(carriedOver), all.filter((row) => !carriedOver(row))];
  return [
    ...(rows.length > 0 ? [summaryTable(onePerPolicy(rows)), resultTable(rows)] : []),
    ...(carried.length > 0 ? [carriedTable(onePerPolicy(carried))] : []),
    ...(of('discover').length > 0 ? [discoverTable(of('discover'))] : []),
    ...(of('supervise').length > 0 ? [superviseTable(of('supervise'))] : []),
    ...(runs.some((run) => listOf(run, SKILLS).length > 0) ? [skillsTable(runs)] : []),
  ];
}
