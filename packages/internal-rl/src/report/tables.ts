/** The report's tables, one row a run, with the command that made it. */

import {
  column,
  FEWEST_FOR_MEDIAN,
  intervalTold,
  lastValue,
  listOf,
  type ReportTable,
  type StoredRun,
  share,
  sortRows,
} from '@coxswain/lab';
import { extent, quantile } from 'd3-array';
import { METRICS } from '../metrics.js';
import { SKILLS } from '../skills/open.js';
import { alike, carriedOver, type MeasuredRow, measuredRows, onePerPolicy } from './measured.js';
import { methodName } from './method-names.js';
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

/** The run of each row. */
const namesOf = (runs: readonly StoredRun[]): string[][] => runs.map(({ name }) => [name]);

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
    runs: namesOf(runs),
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
    runs: namesOf(runs),
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
    runs: runs.flatMap((run) => listOf(run, SKILLS).map(() => [run.name])),
  };
}

function resultTable(measured: readonly MeasuredRow[]): ReportTable {
  const rows = sortRows(measured);
  return {
    title: 'Success, every run',
    about:
      'Share of sampled episodes that finish the task, after the given number of training episodes, with Wilson’s interval for so many sampled episodes: it says nothing of other seeds.',
    columns: [
      column('Method', false),
      column('Task', false),
      column('Base'),
      column('Controller'),
      column('RL'),
      column('Episodes'),
      column('Success'),
      column('Sampled'),
      column('95 % interval', false),
      column('Command', false),
    ],
    rows: rows.map((row) => [
      row.label,
      row.task,
      row.baseSeed,
      row.controllerSeed,
      row.rlSeed,
      row.episodes,
      row.success,
      row.sampled ?? null,
      row.sampled ? intervalTold(row.success, row.sampled) : null,
      row.command,
    ]),
    runs: rows.map(({ run }) => [run]),
  };
}

const SPREAD = [column('Runs'), column('Median'), column('Lower quartile'), column('Upper quartile'), column('Each run', false)];

/** So many runs are listed one by one; of more the least and the best are. */
const MOST_EACH = 6;

/**
 * For each group of runs of a kind what its members share, then how many they are, their median and quartiles where
 * they are enough for these, and each of them.
 */
function spreadRows(rows: readonly MeasuredRow[], shared: (row: MeasuredRow) => (string | number)[]) {
  const groups = alike(rows);
  return {
    rows: groups.map((members) => {
      const values = members.map(({ success }) => success);
      const at = (p: number) => (members.length < FEWEST_FOR_MEDIAN ? null : (quantile(values, p) ?? null));
      const [low, high] = extent(values) as [number, number];
      const each = values.length > MOST_EACH ? `${share(low)} to ${share(high)}` : values.map(share).join(', ');
      return [...shared(members[0]), members.length, at(0.5), at(0.25), at(0.75), each];
    }),
    runs: groups.map((members) => members.map(({ run }) => run)),
  };
}

function summaryTable(rows: readonly MeasuredRow[]): ReportTable {
  return {
    title: 'Success, summary',
    about: `Median and quartiles over the runs below that differ in their seeds alone, from ${FEWEST_FOR_MEDIAN} on.${unlike(rows.map(({ method }) => method))}`,
    columns: [column('Method', false), column('Task', false), column('Episodes'), ...SPREAD],
    ...spreadRows(rows, (row) => [row.label, row.task, row.episodes]),
  };
}

function carriedTable(rows: readonly MeasuredRow[]): ReportTable {
  return {
    title: 'Success on a task that was not learned',
    about: 'The same policies on another task than the one that they were rewarded for, by method and the task that was learned.',
    columns: [column('Method', false), column('Learned', false), column('Task', false), column('Episodes'), ...SPREAD],
    ...spreadRows(rows, (row) => [row.label, row.learned, row.task, row.episodes]),
  };
}

/** Every table that the runs give something for. */
export function buildTables(runs: readonly StoredRun[]): ReportTable[] {
  const of = (phase: string) => runs.filter((run) => run.config.phase === phase);
  const all = measuredRows(runs);
  const [carried, rows] = [all.filter(carriedOver), all.filter((row) => !carriedOver(row))];
  return [
    ...(rows.length > 0 ? [summaryTable(onePerPolicy(rows)), resultTable(rows)] : []),
    ...(carried.length > 0 ? [carriedTable(onePerPolicy(carried))] : []),
    ...(of('discover').length > 0 ? [discoverTable(of('discover'))] : []),
    ...(of('supervise').length > 0 ? [superviseTable(of('supervise'))] : []),
    ...(runs.some((run) => listOf(run, SKILLS).length > 0) ? [skillsTable(runs)] : []),
  ];
}
