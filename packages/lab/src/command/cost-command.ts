/** `coxswain cost`: what training asks of an adapter, and how long it is going to take, before it begins. */
import type { Device } from '@coxswain/tensor';
import { calibrate } from '../cost/calibrate.js';
import { probeAlone } from '../cost/probe.js';
import { isProbed, type PhaseCost, phaseCost, projectedSeconds } from '../cost/project.js';
import { costFolder, readCostModel, type StoredModel, writeCostModel } from '../cost/stored.js';
import type { Phase } from '../phase.js';
import { formatDuration, formatNumber } from '../progress.js';
import { PRESET_NAMES } from '../settings/presets.js';
import { resolve } from '../settings/resolve.js';
import { DEFAULT_PRESET, readCount, readOptions } from './options.js';
import type { Machine } from './phase-command.js';

export const COST_ABOUT = 'Count what training asks of this adapter and project how long it takes.';

const HELP = `coxswain cost — ${COST_ABOUT}

  --preset NAME     ${PRESET_NAMES.join(' or ')} (default ${DEFAULT_PRESET})
  --set KEY=VALUE   Change one setting first; may be repeated
  --measure         First time 24 small pieces of work on this adapter, twice each, and fit its model of cost to them (two or three minutes). It is kept, and
                    every phase that trains then says at its start how long its steps take.
  --check N         Time N steps of each phase too, after as many that are not timed, on models at their random start
  -h, --help        Show this

A step's time is the sum of its dispatches, operations of matrix products, attention and recurrences, bytes that all other kernels
move and bytes from the host, each at a rate of the adapter. The error is that of runs left out of the fit. Updates of RL
are counted on episodes as long as an expert’s, one in twenty of them cut by the horizon.
`;

const SPECS = {
  preset: { type: 'string' as const, default: DEFAULT_PRESET },
  set: { type: 'string' as const, multiple: true },
  measure: { type: 'boolean' as const },
  check: { type: 'string' as const },
  help: { type: 'boolean' as const, short: 'h' },
};

async function measure(phases: readonly Phase[], { openDevice, stderr, stdout }: Machine, device: Device): Promise<void> {
  const model = await calibrate(phases, openDevice, (done, all, { seconds }) =>
    stderr.write(`measured ${done} of ${all}: ${(1000 * seconds).toPrecision(3)} ms a step\n`),
  );
  stdout.write(`Wrote ${writeCostModel(costFolder(), device, model)}\n`);
}

interface Line {
  readonly name: string;
  readonly cost: PhaseCost;
  /** Seconds of a step, where it was timed. */
  readonly timed?: number;
}

const milliseconds = (seconds: number): string => formatNumber(Number((1000 * seconds).toPrecision(3)));

function table(lines: readonly Line[], stored: StoredModel | undefined, checked: boolean): string[][] {
  const rows = lines.map(({ name, cost, timed = Number.NaN }) => {
    const { steps, work, held } = cost;
    const seconds = stored ? projectedSeconds(cost, stored) : Number.NaN;
    return [
      name,
      formatNumber(steps),
      formatNumber(Math.round(work.dispatches)),
      formatNumber((work.products + work.attention + work.recurrence) / 1e9),
      formatNumber(work.memory / 2 ** 20),
      formatNumber(work.uploads / 2 ** 20),
      formatNumber(held / 2 ** 20),
      ...(stored ? [milliseconds(seconds / steps), formatDuration(seconds)] : []),
      ...(checked ? [milliseconds(timed)] : []),
      ...(checked && stored ? [(seconds / steps / timed).toFixed(2)] : []),
    ];
  });
  const heads = ['phase', 'steps', 'dispatches', 'GFLOP', 'MiB moved', 'MiB from host', 'MiB held'];
  const further = [
    ...(stored ? ['ms a step', 'all steps'] : []),
    ...(checked ? ['timed ms'] : []),
    ...(checked && stored ? ['ratio'] : []),
  ];
  return [[...heads, ...further], ...rows];
}

function aligned(rows: readonly string[][]): string {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row) => `${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ')}\n`).join('');
}

/** Prints what each phase costs. @throws NoAdapterError where there is no adapter. */
export async function runCost(args: readonly string[], phases: readonly Phase[], machine: Machine): Promise<void> {
  const { values } = readOptions(args, SPECS, false);
  const { stdout, openDevice } = machine;
  if (values.help) {
    stdout.write(HELP);
    return;
  }
  const config = resolve(values.preset as string, (values.set ?? []) as string[]);
  const steps = readCount('check', (values.check ?? '0') as string);
  const device = await openDevice();
  try {
    if (values.measure) await measure(phases, machine, device);
    const stored = readCostModel(costFolder(), device);
    const lines: Line[] = [];
    for (const phase of phases.filter(isProbed)) {
      const cost = await phaseCost(phase, config, device.traits);
      lines.push({ name: phase.name, cost, ...(steps > 0 ? { timed: (await probeAlone(phase, config, openDevice, steps)).seconds } : {}) });
    }
    stdout.write(`${device.description}\n`);
    stdout.write(
      stored
        ? `Model of cost fitted on ${stored.measuredAt.slice(0, 10)} to ${stored.model.measurements} runs, mean error ${Math.round(100 * stored.model.error)} %.\n\n`
        : 'No model of cost for this adapter yet: --measure makes one.\n\n',
    );
    stdout.write(aligned(table(lines, stored, steps > 0)));
  } finally {
    device.close();
  }
}
