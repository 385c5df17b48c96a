/** What a report says of its runs themselves, as tables. */
import { column } from '../analyses/findings.js';
import { formatDuration } from '../progress.js';
import type { Difference, ListedRun, ReportTable } from './data.js';

/** `2026-11-28 15:04 UTC` */
const dateTold = (started: string | undefined): string | null =>
  started === undefined ? null : `${started.slice(0, 10)} ${started.slice(11, 16)} UTC`;

/** Every run: which it is, when, on what and for how long. */
export function runTable(runs: readonly ListedRun[]): ReportTable {
  return {
    title: 'Runs',
    about:
      'Every run of this report, by its folder. Time: what its processes worked up to its last checkpoint, where the run kept it; date: when the first of them began.',
    columns: [
      column('Run', false),
      column('Phase', false),
      column('World', false),
      column('Seed'),
      column('Starts from', false),
      column('Date', false),
      column('Time', false),
      column('Adapter', false),
    ],
    rows: runs.map(({ name, phase, world, seed, from, started, seconds, adapters }) => [
      name,
      phase,
      world,
      seed,
      from === '' ? null : from,
      dateTold(started),
      seconds === undefined ? null : formatDuration(seconds),
      adapters.length === 0 ? null : adapters.join(', '),
    ]),
    runs: runs.map(({ name }) => [name]),
  };
}

/** So many runs are listed by name. */
const MOST_NAMED = 6;

/** Settings in which runs of a phase differ, a row a value. */
export function differenceTable(differences: readonly Difference[]): ReportTable {
  const rows = differences.flatMap(({ phase, setting, values }) => values.map((one) => ({ phase, setting, ...one })));
  return {
    title: 'Settings that differ',
    about: 'Settings in which runs of one phase differ, seeds aside; all other settings are the same in them.',
    columns: [column('Phase', false), column('Setting', false), column('Value', false), column('Runs', false)],
    rows: rows.map(({ phase, setting, value, runs }) => [
      phase,
      setting,
      value,
      runs.length > MOST_NAMED ? `${runs.length} runs` : runs.join(', '),
    ]),
    runs: rows.map(({ runs }) => runs),
  };
}
