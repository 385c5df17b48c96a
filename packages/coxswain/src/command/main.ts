/** The `coxswain` command. */
import { CoxswainError } from '@coxswain/base';
import { exitCodeOf, inFull, type Phase, type ProgressStream, programVersion, suggestion, UsageError, versionInWords } from '@coxswain/lab';
import { SYSTEM_COMMANDS } from '../lists.js';
import { ADAPTER_ABOUT, runAdapter } from './adapter-command.js';
import { ANALYSE_ABOUT, runAnalyse } from './analyse-command.js';
import { COST_ABOUT, runCost } from './cost-command.js';
import { DAWN_HELP, EXACT_TIMES, takeDawn, withDawn } from './dawn-option.js';
import { fitHelp } from './fit-help.js';
import { type Machine, runPhase } from './phase-command.js';
import { REPORT_ABOUT, runReport } from './report-command.js';
import { runSettings, SETTINGS_ABOUT } from './settings-command.js';
import { SWEEP_ABOUT } from './sweep-about.js';
import { runTensorboard, TENSORBOARD_ABOUT } from './tensorboard-command.js';
import { runWatch, WATCH_ABOUT } from './watch-command.js';
import { runWorld, WORLD_ABOUT } from './world-command.js';

type Command = {
  readonly name: string;
  readonly about: string;
  /** It opens a device. */
  readonly computes: boolean;
  /** What it asks of Dawn. */
  readonly dawn?: readonly string[];
  readonly run: (args: readonly string[]) => void | Promise<void>;
};

/** Every command there is: the phases of a run, then what looks at runs. */
function commandsFor(phases: readonly Phase[], machine: Machine): Command[] {
  return [
    ...phases.map((phase) => ({
      name: phase.name,
      about: phase.about,
      computes: true,
      run: (args: readonly string[]) => runPhase(phase, args, machine),
    })),
    ...SYSTEM_COMMANDS.map(({ name, about, run }) => ({
      name,
      about,
      computes: true,
      run: (args: readonly string[]) => run(args, machine),
    })),
    { name: 'analyse', about: ANALYSE_ABOUT, computes: true, run: (args) => runAnalyse(args, machine) },
    {
      name: 'sweep',
      about: SWEEP_ABOUT,
      computes: true,
      // What reads sweep files is loaded where there is one: every other command starts without it.
      run: async (args) => (await import('./sweep-command.js')).runSweep(args, phases, machine),
    },
    { name: 'watch', about: WATCH_ABOUT, computes: false, run: (args) => runWatch(args, phases, machine) },
    { name: 'tensorboard', about: TENSORBOARD_ABOUT, computes: false, run: (args) => runTensorboard(args, machine) },
    { name: 'report', about: REPORT_ABOUT, computes: false, run: (args) => runReport(args, machine) },
    { name: 'adapter', about: ADAPTER_ABOUT, computes: true, run: (args) => runAdapter(args, machine) },
    { name: 'cost', about: COST_ABOUT, computes: true, dawn: [EXACT_TIMES], run: (args) => runCost(args, phases, machine) },
    { name: 'world', about: WORLD_ABOUT, computes: false, run: (args) => runWorld(args, machine.stdout) },
    { name: 'settings', about: SETTINGS_ABOUT, computes: false, run: (args) => runSettings(args, machine.stdout) },
  ];
}

function help(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length)) + 2;
  return [
    'coxswain — a small network that learns to steer a frozen sequence model',
    '',
    'Usage: coxswain COMMAND [options]',
    '',
    ...commands.map(({ name, about }) => `  ${name.padEnd(width)}${about}`),
    '',
    'coxswain COMMAND --help says more about each; coxswain --version says which this is.',
    `${commands
      .filter(({ computes }) => computes)
      .map(({ name }) => name)
      .join(', ')} also take`,
    DAWN_HELP,
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
    await dispatch(args, phases, asksForHelp(args) ? { ...machine, stdout: fitted(machine.stdout) } : machine);
    return 0;
  } catch (error) {
    const text = error instanceof CoxswainError ? inFull(error) : error instanceof Error ? (error.stack ?? error.message) : String(error);
    machine.stderr.write(`${error instanceof CoxswainError && error.code === 'interrupted' ? '' : 'Error: '}${text}\n`);
    return exitCodeOf(error);
  }
}

const asksForHelp = (args: readonly string[]): boolean =>
  args.length === 0 || args[0] === 'help' || args.includes('--help') || args.includes('-h');

/** A stream for help, whose lines it keeps from being too wide. */
const fitted = (stream: ProgressStream): ProgressStream => ({ write: (text) => stream.write(fitHelp(text)) });

async function dispatch(args: readonly string[], phases: readonly Phase[], machine: Machine): Promise<void> {
  const [typed, ...rest] = args;
  const commands = commandsFor(phases, machine);
  if (typed === undefined || typed === '--help' || typed === '-h' || typed === 'help') {
    machine.stdout.write(help(commands));
    return;
  }
  if (typed === '--version' || typed === '-V') {
    machine.stdout.write(`${versionInWords(programVersion())}\n`);
    return;
  }
  const command = commands.find(({ name }) => name === typed);
  if (command) return run(command, rest, machine);
  const known = commands.map(({ name }) => name);
  throw new UsageError('Command', `\`${typed}\``, `one of ${known.join(', ')}`, suggestion(typed, known, 'See coxswain --help.'));
}

async function run(command: Command, args: readonly string[], { stdout }: Machine): Promise<void> {
  if (!command.computes) return command.run(args);
  const { rest, lists } = takeDawn(args);
  await withDawn(lists, () => command.run(rest), command.dawn);
  if (rest.includes('--help') || rest.includes('-h')) stdout.write(`\n${DAWN_HELP}\n`);
}
