/** What a phase costs beside how long it took, as rows of a table. */

import { formatDuration, formatNumber, type Loop, operationsOf } from '@coxswain/lab';
import { extent, median } from 'd3-array';
import type { PhaseKernels } from './kernels.js';
import type { PhaseCost } from './project.js';

/** Steps that were timed once. */
export interface Round {
  /** Seconds of a step. */
  readonly timed: number;
  /** Seconds that the yardstick took in turns with them. */
  readonly beside: number;
  /**
   * What the model says of these very steps, for they are not all as long, at that speed; absent where there is no
   * model.
   */
  readonly expected?: number;
}

export interface PhaseLine {
  readonly phase: string;
  /** That share its work. */
  readonly devices: number;
  readonly cost: PhaseCost;
  /** Seconds of a step by the model of cost, at the speed of when it was asked; absent where there is no model. */
  readonly projected?: number;
  readonly rounds: readonly Round[];
  /** Its kernels, where they were timed. */
  readonly kernels?: PhaseKernels;
  /** Updates on the worlds themselves, where they were timed. */
  readonly loop?: Loop;
}

export const milliseconds = (seconds: number): string => formatNumber(Number((1000 * seconds).toPrecision(3)));

const timedOf = ({ rounds }: PhaseLine): number | undefined => median(rounds, ({ timed }) => timed);

/** What the model said over what was timed, round by round. */
const ratiosOf = ({ rounds }: PhaseLine): number[] => rounds.flatMap(({ timed, expected }) => (expected ? [expected / timed] : []));

/**
 * A figure as text; nothing for one that is absent, or comes of one that is: files of results may be older than a
 * column.
 */
const shown = (value: number | undefined, text: (value: number) => string = formatNumber): string | undefined =>
  value === undefined || !Number.isFinite(value) ? undefined : text(value);

const MIB = 2 ** 20;

/** What a column shows of a line; nothing where it has none of it. */
type Column = readonly [head: string, cell: (line: PhaseLine) => string | undefined];

const COLUMNS: readonly Column[] = [
  ['phase', ({ phase }) => phase],
  ['devices', ({ devices }) => shown(devices)],
  ['steps', ({ cost }) => shown(cost.steps)],
  ['time steps', ({ cost }) => shown(Math.round(cost.timeSteps))],
  ['dispatches', ({ cost }) => shown(Math.round(cost.work.dispatches))],
  ['GFLOP', ({ cost: { work } }) => shown(operationsOf(work) / 1e9)],
  ['MiB moved', ({ cost }) => shown((cost.work.memory + cost.work.cache) / MIB)],
  ['MiB from host', ({ cost }) => shown(cost.work.uploads / MIB)],
  ['MiB held', ({ cost }) => shown(cost.held / MIB)],
  ['ms a step', ({ projected }) => shown(projected, milliseconds)],
  ['all steps', (line) => shown((line.projected ?? timedOf(line) ?? Number.NaN) * line.cost.steps, formatDuration)],
  ['timed ms', (line) => shown(timedOf(line), milliseconds)],
  ['ratio', (line) => shown(median(ratiosOf(line)), (ratio) => ratio.toFixed(2))],
  [
    'of rounds',
    (line) => {
      const [lowest, highest] = extent(ratiosOf(line));
      return line.rounds.length > 1 && lowest && highest ? `${lowest.toFixed(2)}–${highest.toFixed(2)}` : undefined;
    },
  ],
  [
    'time steps/s',
    (line) =>
      shown(line.cost.timeSteps / (timedOf(line) ?? line.projected ?? Number.NaN), (rate) => formatNumber(Number(rate.toPrecision(3)))),
  ],
  ['demonstrations/s', ({ cost }) => shown(cost.demonstrations, (rate) => formatNumber(Number(rate.toPrecision(3))))],
];

/** Heads and cells; columns that no line has anything for are left out. */
export function costTable(lines: readonly PhaseLine[]): string[][] {
  const columns = COLUMNS.filter(([, cell]) => lines.some((line) => cell(line)));
  return [columns.map(([head]) => head), ...lines.map((line) => columns.map(([, cell]) => cell(line) || '–'))];
}
