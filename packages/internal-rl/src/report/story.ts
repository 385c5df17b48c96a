/** What happened, on the front of a report: a sentence a task, and the numbers of its tables as tiles. */
import { FEWEST_FOR_MEDIAN, formatNumber, intervalTold, type StoredRun, share, type Tile } from '@coxswain/lab';
import { extent, median, quantile } from 'd3-array';
import { alike, carriedOver, type MeasuredRow, measuredRows, onePerPolicy } from './measured.js';
import { apart } from './method-names.js';

/** The groups of runs that each tile is of, by task. */
function groupsByTask(runs: readonly StoredRun[]): Map<string, MeasuredRow[][]> {
  const own = onePerPolicy(measuredRows(runs).filter((row) => !carriedOver(row)));
  const byTask = new Map<string, MeasuredRow[][]>();
  for (const members of alike(own)) {
    const [{ task }] = members;
    byTask.set(task, [...(byTask.get(task) ?? []), members]);
  }
  return byTask;
}

const percent = (value: number): string => `${Number((100 * value).toPrecision(3))} %`;

/** Of a run by itself. */
const solved = (value: number): string => (value === 0 ? 'none' : percent(value));

/** What one group did: each run where they are few. @param groups those of the task. */
function told(members: readonly MeasuredRow[], groups: readonly (readonly MeasuredRow[])[]): string {
  const [first] = members;
  const { label, method, episodes } = first;
  const bound = method === 'supervised' ? ' (the bound that labels give)' : '';
  // Where one method was trained for longer in some runs, how long tells its groups apart.
  const methods = groups.filter(([other]) => other.method === method && other.view === first.view);
  const after = new Set(methods.map(([other]) => other.episodes)).size > 1 ? ` after ${formatNumber(episodes)} episodes` : '';
  const name = `${label}${bound}${after}`;
  if (members.length === 1) return `${name} solved ${solved(first.success)}`;
  const values = members.map(({ success }) => success);
  if (new Set(values).size === 1) return `${name} solved ${solved(values[0])} in each of ${members.length} runs`;
  if (members.length <= 4)
    return `${name} solved ${members.map((row) => `${solved(row.success)} with ${apart(row, members)}`).join(' and ')}`;
  const [low, high] = extent(values) as [number, number];
  return `${name} solved between ${percent(low)} and ${percent(high)} in ${members.length} runs (median ${percent(median(values) as number)})`;
}

/** One sentence for each task that runs were measured on; what there is instead where none was. */
export function storyOf(runs: readonly StoredRun[]): string[] {
  const tasks = [...groupsByTask(runs)];
  const learning = runs.filter(({ config, rows }) => config.phase === 'reinforce' && rows.length === 0).length;
  const open = learning > 0 ? [`${learning} run${learning === 1 ? ' is' : 's are'} still learning, and not measured yet.`] : [];
  return [
    ...tasks.map(([task, groups]) => `Of sampled episodes of ${task}, ${groups.map((members) => told(members, groups)).join('; ')}.`),
    ...open,
  ];
}

/** The number of a group, or the numbers of its few runs: what its table says. */
function tileOf(members: readonly MeasuredRow[]): Tile {
  const [first] = members;
  const { label, task, episodes, method } = first;
  const values = members.map(({ success }) => success);
  const after = method === 'supervised' ? 'the bound that labels give' : `after ${formatNumber(episodes)} episodes`;
  const name = `${label} on ${task}`;
  const of = { label, runs: members.map(({ run }) => run) };
  if (members.length >= FEWEST_FOR_MEDIAN) {
    const [low, high] = [0.25, 0.75].map((p) => share(quantile(values, p) as number));
    const value = share(median(values) as number);
    return { ...of, value, told: `${name}: median of ${members.length} runs, ${after}; quartiles ${low} to ${high}` };
  }
  const within = members.length === 1 && first.sampled ? `; 95 % interval ${intervalTold(first.success, first.sampled)}` : '';
  const which = members.length > 1 ? `, ${members.map((row) => apart(row, members)).join(' and ')}` : '';
  return { ...of, value: values.map(share).join(' and '), told: `${name}${which}: ${after}${within}` };
}

/** A tile for every group that the tables have a median or a value of. */
export const tilesOf = (runs: readonly StoredRun[]): Tile[] => [...groupsByTask(runs).values()].flatMap((groups) => groups.map(tileOf));
