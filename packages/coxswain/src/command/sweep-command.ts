/** `coxswain sweep FILE`: many runs, what is missing of them, in one table. */

import { join } from 'node:path';
import {
  analysisPhase,
  formatDuration,
  isBusy,
  knowWorlds,
  listenForInterrupts,
  type Machine,
  type Phase,
  readOrSkip,
  readText,
  SweepError,
  SweepInterruptedError,
  writeFile,
} from '@coxswain/lab';
import { NoAdapterError } from '@coxswain/tensor';
import { ANALYSES } from '../lists.js';
import { Redraw } from '../redraw.js';
import { Board, type RunState } from '../sweep/board.js';
import { startChild } from '../sweep/child.js';
import { type Need, parseSweep } from '../sweep/file.js';
import { forecast } from '../sweep/forecast.js';
import { runLocal } from '../sweep/local.js';
import { type PlannedRun, planSweep } from '../sweep/plan.js';
import { finishedRuns } from '../sweep/state.js';
import { sweepMarkdown, sweepRows } from '../sweep/table.js';
import { viewRun } from '../watch/view.js';
import type { SweepOptions } from './sweep-about.js';

/** How often the state of all is printed where there is no terminal. */
const LINE_MS = 60_000;

/** What the adapter here has of what runs may need; opened only where a run needs anything. */
async function offersOf(plan: readonly PlannedRun[], { openDevice }: Machine): Promise<Set<Need>> {
  if (plan.every(({ needs }) => needs.length === 0)) return new Set();
  const device = await openDevice();
  try {
    const features = (['shader-f16', 'subgroups'] as const).filter((feature) => device.gpu.features.has(feature));
    return new Set<Need>([...features, ...(device.traits.family === 'gpu' ? (['gpu'] as const) : [])]);
  } finally {
    device.close();
  }
}

/** How far a run is, as its folder says: nothing before it has one. */
function howFar({ name, folder, phase }: PlannedRun): string {
  const view = readOrSkip(folder, (one) => viewRun(one, [phase], Date.now()), { skipped: () => {} });
  if (!view) return name;
  const { done, total, rate } = view;
  const left = rate > 0 ? ` (${formatDuration((total - done) / rate)} left)` : '';
  return `${name} ${Math.floor((100 * done) / total)} %${left}`;
}

/** One line about all: how many are done, and how far those under way are. */
export function summary({ plan, states, children }: Pick<Board, 'plan' | 'states' | 'children'>): string {
  const finished = [...states.values()].filter((state) => state === 'finished').length;
  const under = plan.filter(({ name }) => children.has(name)).map(howFar);
  return [`${finished}/${states.size} runs`, ...under].join('  ');
}

/** Prints that line: on a terminal in its place, elsewhere now and then. */
function shower({ stderr, now }: Machine, redraw: Redraw): (board: Board) => void {
  let shownAt = -Infinity;
  return (board) => {
    if (stderr.isTTY) return redraw.draw(summary(board));
    if (now() - shownAt < LINE_MS) return;
    shownAt = now();
    redraw.write(summary(board));
  };
}

function checkEnd({ states, reasons }: Board, aborted: boolean): void {
  const of = (...wanted: RunState[]): string[] => [...states].filter(([, state]) => wanted.includes(state)).map(([name]) => name);
  const finished = of('finished').length;
  if (finished === states.size) return;
  if (aborted) throw new SweepInterruptedError(finished, states.size);
  const left = [
    ['held up by others', of('held up')],
    ['for another adapter', of('unable')],
    ['not begun', of('ready', 'waiting')],
  ] as const;
  const rest = left.flatMap(([why, names]) =>
    names.length > 0 ? [`${names.length} ${why} (${names[0]}${names.length > 1 ? ' …' : ''})`] : [],
  );
  throw new SweepError(finished, states.size, [...reasons, ...rest]);
}

/** Which runs are there already, and what stands in the way of others. */
function standing(plan: readonly PlannedRun[], finished: (run: PlannedRun) => boolean) {
  const done = new Set<string>();
  const troubles = new Map<string, string>();
  for (const run of plan) {
    try {
      if (run.after.every((name) => done.has(name)) && finished(run)) done.add(run.name);
    } catch (error) {
      troubles.set(run.name, (error as Error).message);
    }
  }
  return { troubles, missing: plan.filter(({ name }) => !done.has(name)) };
}

/** One line a run: whether it is there, its name, its command; below it what stands in its way. */
function printPlan(plan: readonly PlannedRun[], { missing, troubles }: ReturnType<typeof standing>, { stdout }: Machine): void {
  for (const run of plan) {
    const trouble = troubles.get(run.name);
    const state = missing.includes(run) ? 'missing' : 'finished';
    stdout.write(`${state}  ${run.name}  coxswain ${run.args.join(' ')}\n${trouble === undefined ? '' : `  ${trouble}\n`}`);
  }
}

/** Runs the sweep of a file as its command line asks. */
export async function runSweep(path: string, options: SweepOptions, phases: readonly Phase[], machine: Machine): Promise<void> {
  const { workers, redisWait: patience, redis } = options;
  const changes = (options.set ?? []).map((assignment) => assignment.trim());
  const parsed = parseSweep(readText(path), path);
  const { folder = parsed.folder, preset = parsed.preset, world = parsed.world } = options;
  const file = { ...parsed, folder, preset, world };
  await knowWorlds({ world });
  const analyses = ANALYSES.map((analysis) => [`analyse ${analysis.name}`, analysisPhase(analysis)] as const);
  const known = new Map<string, Phase>([...phases.map((phase) => [phase.name, phase] as const), ...analyses]);
  const plan = planSweep(file, path, (command) => known.get(command), [...known.keys()], changes);
  const hasFinished = finishedRuns();
  const redraw = new Redraw(machine.stderr);
  const say = (text: string): void => redraw.write(text);
  const now = standing(plan, hasFinished);
  if (options.dry) printPlan(plan, now, machine);
  const duration = await forecast(plan, now.missing, machine).catch((error) => {
    // To look at a plan needs no adapter.
    if (options.dry && error instanceof NoAdapterError) return undefined;
    throw error;
  });
  if (duration) say(duration);
  if (options.dry) return;
  const offers = await offersOf(plan, machine);
  const interrupts = listenForInterrupts(machine.signals, say);
  const { signal } = interrupts;
  const board = new Board(plan, {
    offers,
    shared: redis !== undefined,
    hasFinished,
    isBusy: ({ folder }) => isBusy(folder),
    start: (run) => startChild(machine.program, run.args, join(file.folder, 'logs', `${run.name}.log`), workers),
    say,
    signal,
    now: machine.now,
  });
  const interrupt = (): void => board.interrupt();
  signal.addEventListener('abort', interrupt);
  const show = shower(machine, redraw);
  try {
    if (redis !== undefined) {
      const { runShared } = await import('../sweep/shared.js');
      await runShared(board, { address: redis, workers, patience, say, show, signal, now: machine.now });
    } else await runLocal(board, workers, show);
    const rows = sweepRows(plan, ({ name }) => board.states.get(name) ?? 'waiting');
    writeFile(join(file.folder, 'sweep.md'), sweepMarkdown(`Sweep ${path}`, rows), machine.stdout);
    checkEnd(board, signal.aborted);
  } finally {
    signal.removeEventListener('abort', interrupt);
    interrupts.release();
  }
}
