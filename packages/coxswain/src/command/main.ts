/** The `coxswain` command. */

import { Command, CommanderError } from '@commander-js/extra-typings';
import { CoxswainError } from '@coxswain/base';
import { exitCodeOf, inFull, type Machine, type Phase, programVersion, quote, versionInWords } from '@coxswain/lab';
import { SYSTEM_COMMANDS } from '../lists.js';
import { adapterCommand } from './adapter-command.js';
import { analyseCommand } from './analyse-command.js';
import { costCommand } from './cost-command.js';
import { askDawn, DAWN_FLAGS, dawnOption, keepingDawn } from './dawn-option.js';
import { phaseCommand } from './phase-command.js';
import { inOurWords, notes } from './program.js';
import { reportCommand } from './report-command.js';
import { settingsCommand } from './settings-command.js';
import { sweepCommand } from './sweep-about.js';
import { systemCommand } from './system-command.js';
import { tensorboardCommand } from './tensorboard-command.js';
import { watchCommand } from './watch-command.js';
import { worldCommand } from './world-command.js';

/** Every command there is: the phases of a run, then what looks at runs. */
function coxswain(args: readonly string[], phases: readonly Phase[], machine: Machine): Command {
  const typed = ['coxswain', ...args].map(quote).join(' ');
  const program = new Command('coxswain')
    .description('A small network that learns to steer a frozen sequence model')
    .usage('COMMAND [options]')
    .option('-V, --version', 'Say which version this is')
    .on('option:version', () => {
      machine.stdout.write(`${versionInWords(programVersion())}\n`);
      throw new CommanderError(0, 'commander.version', '');
    })
    .commandsGroup('Phases of a run:');
  for (const phase of phases) program.addCommand(phaseCommand(phase, typed, machine));
  program.commandsGroup('Other commands:');
  for (const command of SYSTEM_COMMANDS) program.addCommand(systemCommand(command, machine));
  program
    .addCommand(analyseCommand(typed, machine))
    .addCommand(sweepCommand(phases, machine))
    .addCommand(watchCommand(phases, machine))
    .addCommand(tensorboardCommand(machine))
    .addCommand(reportCommand(machine))
    .addCommand(adapterCommand(machine))
    .addCommand(costCommand(typed, phases, machine))
    .addCommand(worldCommand(machine))
    .addCommand(settingsCommand(machine))
    .helpCommand('help [COMMAND]', 'Say more about a command')
    .hook('preAction', (_, command) => askDawn({ last: (command.optsWithGlobals() as { dawn?: string[] }).dawn }));
  const computing = program.commands.filter(({ options }) => options.some(({ flags }) => flags === DAWN_FLAGS));
  const names = computing.map((command) => command.name()).join(', ');
  program.addHelpText(
    'after',
    notes(`coxswain COMMAND --help says more about each.\n\n${names} also take ${DAWN_FLAGS}: ${dawnOption().description}.`),
  );
  inOurWords(program, machine.stdout);
  return program;
}

/**
 * Runs one command line and says in one message what went wrong, if anything did.
 * @param args what follows the program's name.
 * @returns the exit code.
 */
export async function main(args: readonly string[], phases: readonly Phase[], machine: Machine): Promise<number> {
  try {
    await keepingDawn(() => coxswain(args, phases, machine).parseAsync(args, { from: 'user' }));
    return 0;
  } catch (error) {
    // What was asked for was help, or the version.
    if (error instanceof CommanderError) return 0;
    const text = error instanceof CoxswainError ? inFull(error) : error instanceof Error ? (error.stack ?? error.message) : String(error);
    machine.stderr.write(`${error instanceof CoxswainError && error.code === 'interrupted' ? '' : 'Error: '}${text}\n`);
    return exitCodeOf(error);
  }
}
