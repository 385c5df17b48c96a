/** The `coxswain` command. */
import { CoxswainError } from '@coxswain/tensor';
import { exitCodeOf, UsageError } from '../errors.js';
import type { Phase } from '../phase.js';
import { nearest } from '../suggest.js';
import { ANALYSE_ABOUT, runAnalyse } from './analyse-command.js';
import { type Machine, runPhase } from './phase-command.js';
import { PLAY_ABOUT, runPlay } from './play-command.js';
import { REPORT_ABOUT, runReport } from './report-command.js';
import { runSettings, SETTINGS_ABOUT } from './settings-command.js';
import { SWEEP_ABOUT } from './sweep-about.js';
import { runTensorboard, TENSORBOARD_ABOUT } from './tensorboard-command.js';
import { runWatch, WATCH_ABOUT } from './watch-command.js';

function help(phases: readonly Phase[]): string {
  const commands = [
    ...phases.map(({ name, about }) => [name, about]),
    ['play', PLAY_ABOUT],
    ['analyse', ANALYSE_ABOUT],
    ['sweep', SWEEP_ABOUT],
    ['watch', WATCH_ABOUT],
    ['tensorboard', TENSORBOARD_ABOUT],
    ['report', REPORT_ABOUT],
    ['settings', SETTINGS_ABOUT],
  ];
  const width = Math.max(...commands.map(([name]) => name.length)) + 2;
  return [
    'coxswain — a small network that learns to steer a frozen sequence model',
    '',
    'Usage: coxswain COMMAND [options]',
    '',
    ...commands.map(([name, about]) => `  ${name.padEnd(width)}${about}`),
    '',
    'coxswain COMMAND --help says more about each.',
    '',
  ].join('\n');
}

/**
 * Runs one command line and says in one message what went wrong, if anything did.
 * @param args what follows the program's name.
 * @returns the exit code.
 */
export async function main(args: readonly string[], phases: readonly Phase[], machine: Machine): Promise<number> {
  try {
    await dispatch(args, phases, machine);
    return 0;
  } catch (error) {
    const text = error instanceof CoxswainError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
    machine.stderr.write(`${error instanceof CoxswainError && error.code === 'interrupted' ? '' : 'Error: '}${text}\n`);
    return exitCodeOf(error);
  }
}

async function dispatch(args: readonly string[], phases: readonly Phase[], machine: Machine): Promise<void> {
  const [command, ...rest] = args;
  if (command === undefined || command === '--help' || command === '-h' || command === 'help') {
    machine.stdout.write(help(phases));
    return;
  }
  if (command === 'report') return runReport(rest, machine.stdout);
  if (command === 'settings') return runSettings(rest, machine.stdout);
  if (command === 'play') return runPlay(rest, machine);
  if (command === 'watch') return runWatch(rest, phases, machine);
  if (command === 'tensorboard') return runTensorboard(rest, machine.stdout);
  // What reads sweep files is loaded where there is one: every other command starts without it.
  if (command === 'sweep') return (await import('./sweep-command.js')).runSweep(rest, phases, machine);
  if (command === 'analyse') return runAnalyse(rest, machine);
  const phase = phases.find(({ name }) => name === command);
  if (phase) return runPhase(phase, rest, machine);
  const known = [...phases.map(({ name }) => name), 'play', 'analyse', 'sweep', 'watch', 'tensorboard', 'report', 'settings'];
  const near = nearest(command, known);
  throw new UsageError(
    'Command',
    `\`${command}\``,
    `one of ${known.join(', ')}`,
    near === undefined ? 'See coxswain --help.' : `Did you mean \`${near}\`?`,
  );
}
