/** What can be told of a run from its folder alone, also while another process writes it. */
import fs from 'node:fs';
import { join } from 'node:path';
import {
  hasLeft,
  isBusy,
  lastProgress,
  METRICS,
  type MetricLine,
  type Phase,
  readLines,
  readMetrics,
  readOwnConfig,
  wholeConfig,
} from '@coxswain/lab';

export interface RunView {
  readonly folder: string;
  readonly phase: string;
  readonly state: 'running' | 'finished' | 'stopped';
  readonly done: number;
  readonly total: number;
  readonly unit: string;
  /** Steps a second at the last checkpoint; 0 before the first. */
  readonly rate: number;
  /** Seconds since it last wrote a line. */
  readonly silent: number;
  /** The metric that tells most about the phase, at every step it was logged at. */
  readonly curve: { readonly name: string; readonly values: readonly number[] };
  /** Other numbers, as they were logged last. */
  readonly latest: readonly (readonly [name: string, value: number])[];
}

function lastOf(metrics: readonly MetricLine[], name: string): number | undefined {
  return metrics.findLast((line) => line[name] !== undefined)?.[name];
}

/**
 * Looks at a run folder.
 * @param phases the phases whose runs can be told of.
 * @param now milliseconds since 1970.
 * @returns nothing where it is of a phase that is not among them.
 */
export function viewRun(folder: string, phases: readonly Phase[], now: number): RunView | undefined {
  const config = readOwnConfig(folder);
  const phase = phases.find(({ name }) => name === config.phase);
  if (!phase) return undefined;
  const { steps: total, unit } = phase.length(wholeConfig(config.config, config.preset));
  const path = join(folder, 'metrics.jsonl');
  const metrics = readMetrics(path);
  // Of steps that were saved: other lines are of a process that was killed, or of another run.
  const timing = readLines<MetricLine>(join(folder, 'timing.jsonl'));
  const finished = hasLeft(folder, phase.leaves);
  const saved = lastProgress(folder)?.step ?? 0;
  const names = [...(phase.follow?.curve ?? []), ...Object.keys(metrics[0] ?? {}).filter((key) => key !== 'step')];
  const name = names.find((candidate) => lastOf(metrics, candidate) !== undefined) ?? '';
  return {
    folder,
    phase: phase.name,
    state: finished ? 'finished' : isBusy(folder) ? 'running' : 'stopped',
    done: finished ? total : Math.min(total, Math.max(saved, metrics.at(-1)?.step ?? 0)),
    total,
    unit,
    rate: timing.findLast(({ step }) => step <= saved)?.[METRICS.stepsPerSecond] ?? 0,
    silent: Math.max(0, (now - (fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now)) / 1000),
    curve: { name, values: metrics.flatMap((line) => (line[name] === undefined ? [] : [line[name]])) },
    latest: (phase.follow?.latest ?? []).flatMap((key) => {
      const value = lastOf(metrics, key);
      return value === undefined ? [] : [[key, value] as const];
    }),
  };
}
