/** `coxswain cost`: what training asks of an adapter, and how long it is going to take, before it begins. */
import { type OutOfMemoryError, tooLarge } from '@coxswain/tensor';
import { extent, median } from 'd3-array';
import { calibrate, calibrateSharing, type Tell } from '../cost/calibrate.js';
import { LENGTHS, PROBED_PHASES, probeAlone } from '../cost/probe.js';
import { isProbed, type PhaseCost, phaseCost, projectedSeconds } from '../cost/project.js';
import { costFolder, readCostModel, type StoredModel, writeCostModel } from '../cost/stored.js';
import { yardstick } from '../cost/yardstick.js';
import { inFull, UsageError } from '../errors.js';
import type { Phase } from '../phase.js';
import { formatDuration, formatNumber } from '../progress.js';
import { PRESET_NAMES } from '../settings/presets.js';
import { resolve } from '../settings/resolve.js';
import type { Config } from '../settings/sections.js';
import { suggestion } from '../suggest.js';
import { DEFAULT_PRESET, readCount, readOptions } from './options.js';
import { type Machine, openFor, outOfMemory } from './phase-command.js';

export const COST_ABOUT = 'Count what training asks of this adapter and project how long it takes.';

const HELP = `coxswain cost — ${COST_ABOUT}

  --preset NAME     ${PRESET_NAMES.join(' or ')} (default ${DEFAULT_PRESET})
  --set KEY=VALUE   Change one setting first; may be repeated
  --phase NAME      Of one phase only: ${PROBED_PHASES.join(', ')}
  --measure         First time 27 small pieces of work on this adapter, three times each, and fit its model of cost to them (some ten
                    minutes on a processor). It is kept, and every phase that trains then says at its start how long its steps take.
  --check N         Time N steps of each phase too, on models at their random start, after as many that are not timed; the ratio is
                    that of what the model says of these very steps to what they took. Batches come in ${LENGTHS} lengths, so ${LENGTHS} or a
                    multiple of it is a good number. Updates of RL are long and all alike: an eighth as many
  --rounds N        Do so N times over, all phases in turn, for a median and a range: a machine that others use too is not always
                    as fast (default 1)
  -h, --help        Show this

A step's time is the sum of its dispatches, operations of matrix products, attention and recurrences, bytes of attention's caches, bytes
that all other kernels move and bytes from the host, each at a rate of the adapter. How fast the adapter is just now, beside when its rates
were measured, a fixed piece of work tells: for two seconds, and in turns with steps that are timed. The error is that of runs left out of the
fit. Updates of RL are counted on episodes as long as an expert’s, one in twenty of them cut by the horizon. Time steps are those of the
episodes in a step: tokens of the sequence model, in RL steps of the worlds.
`;

const SPECS = {
  preset: { type: 'string' as const, default: DEFAULT_PRESET },
  set: { type: 'string' as const, multiple: true },
  phase: { type: 'string' as const },
  measure: { type: 'boolean' as const },
  check: { type: 'string' as const },
  rounds: { type: 'string' as const },
  help: { type: 'boolean' as const, short: 'h' },
};

async function measure(phases: readonly Phase[], { openDevice, openDevices, stderr, stdout }: Machine): Promise<void> {
  const told =
    (on: string): Tell =>
    (done, all, { seconds }) =>
      stderr.write(`measured ${done} of ${all}${on}: ${(1000 * seconds).toPrecision(3)} ms a step\n`);
  const model = await calibrate(phases, openDevice, told(''));
  const device = await openDevice();
  stdout.write(`Wrote ${writeCostModel(costFolder(), [device], model)}\n`);
  device.close();
  if (!openDevices) return;
  const devices = await openDevices();
  for (const one of devices) one.close();
  if (devices.length === 1) return;
  const shared = await calibrateSharing(phases, openDevices, devices[0].traits, model, told(` on ${devices.length} devices`));
  stdout.write(`Wrote ${writeCostModel(costFolder(), devices, shared)}\n`);
}

interface Line {
  readonly name: string;
  readonly devices: number;
  readonly cost: PhaseCost;
  /** The model of cost of its devices, where there is one. */
  readonly stored?: StoredModel;
  /** Why it cannot run here. */
  readonly obstacle?: OutOfMemoryError;
  /** Seconds that the yardstick took before the first round, where there is a model. */
  readonly beside: number;
  /** Once a round. */
  readonly rounds: Round[];
}

interface Round {
  /** Seconds of a step. */
  readonly timed: number;
  /** Seconds that the yardstick took in turns with them. */
  readonly beside: number;
  /** What the model says of these very steps, for they are not all as long, at that speed. */
  readonly expected?: number;
}

/** What a phase costs on the devices that it would run on. */
async function lineOf(phase: Phase, config: Config, machine: Machine): Promise<Line> {
  const devices = await openFor(phase, config, machine);
  const stored = readCostModel(costFolder(), devices);
  const beside = stored ? await yardstick(devices) : 0;
  const [{ traits, pool }] = devices;
  for (const one of devices) one.close();
  const cost = await phaseCost(phase, config, traits);
  const obstacle = cost.largest > pool.largest ? outOfMemory(phase, tooLarge(cost.largest, pool.largest)) : undefined;
  return { name: phase.name, devices: devices.length, cost, stored, obstacle, beside, rounds: [] };
}

/** Times steps of a phase once, if it can run here. @returns what to tell of it. */
async function time({ obstacle, stored, devices, cost, rounds }: Line, phase: Phase, config: Config, machine: Machine, steps: number) {
  if (obstacle) return 'cannot run here';
  const counted = phase.name === 'reinforce' ? Math.ceil(steps / LENGTHS) : steps;
  const { work, seconds, beside } = await probeAlone(phase, config, () => openFor(phase, config, machine), counted);
  // Of what devices share the one that counts sees its part alone; but then all steps are alike.
  const same = { ...cost, steps: 1, work: devices > 1 ? cost.work : work };
  rounds.push({ timed: seconds, beside, ...(stored ? { expected: projectedSeconds(same, stored, beside) } : {}) });
  return `${milliseconds(seconds)} ms a step`;
}

const milliseconds = (seconds: number): string => formatNumber(Number((1000 * seconds).toPrecision(3)));

/** Seconds of a step by the model of cost, at the speed of now: that of the rounds where there were any. */
const projectedOf = ({ cost, stored, beside, rounds }: Line): number | undefined =>
  stored && projectedSeconds({ ...cost, steps: 1 }, stored, median(rounds, (round) => round.beside) ?? beside);

const timedOf = ({ rounds }: Line): number | undefined => median(rounds, ({ timed }) => timed);

/** What the model said over what was timed, round by round. */
const ratiosOf = ({ rounds }: Line): number[] => rounds.flatMap(({ timed, expected }) => (expected ? [expected / timed] : []));

const shown = (seconds: number | undefined, text: (seconds: number) => string): string | undefined =>
  seconds === undefined ? undefined : text(seconds);

/** What a column shows of a line; nothing where it has none of it. */
type Column = readonly [head: string, cell: (line: Line) => string | undefined];

const COLUMNS: readonly Column[] = [
  ['phase', ({ name }) => name],
  ['devices', ({ devices }) => formatNumber(devices)],
  ['steps', ({ cost }) => formatNumber(cost.steps)],
  ['time steps', ({ cost }) => formatNumber(Math.round(cost.timeSteps))],
  ['dispatches', ({ cost }) => formatNumber(Math.round(cost.work.dispatches))],
  ['GFLOP', ({ cost: { work } }) => formatNumber((work.products + work.attention + work.recurrence) / 1e9)],
  ['MiB moved', ({ cost }) => formatNumber((cost.work.memory + cost.work.cache) / 2 ** 20)],
  ['MiB from host', ({ cost }) => formatNumber(cost.work.uploads / 2 ** 20)],
  ['MiB held', ({ cost }) => formatNumber(cost.held / 2 ** 20)],
  ['ms a step', (line) => shown(projectedOf(line), milliseconds)],
  ['all steps', (line) => shown(projectedOf(line), (seconds) => formatDuration(seconds * line.cost.steps))],
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
    (line) => shown(projectedOf(line) ?? timedOf(line), (seconds) => formatNumber(Number((line.cost.timeSteps / seconds).toPrecision(3)))),
  ],
];

/** Columns that no line has anything for are left out. */
function table(lines: readonly Line[]): string[][] {
  const columns = COLUMNS.filter(([, cell]) => lines.some((line) => cell(line)));
  return [columns.map(([head]) => head), ...lines.map((line) => columns.map(([, cell]) => cell(line) || '–'))];
}

function aligned(rows: readonly string[][]): string {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row) => `${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ')}\n`).join('');
}

/** Prints what each phase costs. @throws NoAdapterError where there is no adapter. */
export async function runCost(args: readonly string[], phases: readonly Phase[], machine: Machine): Promise<void> {
  const { values } = readOptions(args, SPECS, false);
  const { stdout, stderr } = machine;
  if (values.help) {
    stdout.write(HELP);
    return;
  }
  const config = resolve(values.preset as string, (values.set ?? []) as string[]);
  const steps = readCount('check', (values.check ?? '0') as string);
  const rounds = readCount('rounds', (values.rounds ?? '1') as string);
  if (steps === 0 && values.rounds !== undefined)
    throw new UsageError('--rounds', `${rounds} of no steps`, '--check N beside it', 'For example --check 8.');
  const asked = phases.filter((phase) => isProbed(phase) && (values.phase ?? phase.name) === phase.name);
  if (asked.length === 0) {
    const value = String(values.phase);
    throw new UsageError(
      '--phase',
      `\`${value}\``,
      `one of ${PROBED_PHASES.join(', ')}`,
      suggestion(value, PROBED_PHASES, 'Leave it out for all.'),
    );
  }
  if (values.measure) await measure(phases, machine);
  const device = await machine.openDevice();
  const { description } = device;
  const stored = readCostModel(costFolder(), [device]);
  device.close();
  const lines: Line[] = [];
  for (const phase of asked) lines.push(await lineOf(phase, config, machine));
  for (let round = 1; steps > 0 && round <= rounds; round++) {
    for (const [i, phase] of asked.entries()) {
      const told = await time(lines[i], phase, config, machine, steps);
      stderr.write(`round ${round} of ${rounds}, ${phase.name}: ${told}\n`);
    }
  }
  stdout.write(`${description}\n`);
  stdout.write(
    stored
      ? `Model of cost fitted on ${stored.measuredAt.slice(0, 10)} to ${stored.model.measurements} runs, mean error ${Math.round(100 * stored.model.error)} %.\n\n`
      : 'No model of cost for this adapter yet: --measure makes one.\n\n',
  );
  stdout.write(aligned(table(lines)));
  for (const { name, obstacle } of lines) if (obstacle) stdout.write(`\n${name} cannot run here. ${inFull(obstacle)}\n`);
}
