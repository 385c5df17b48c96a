/** Commander in this project's words: typed errors, help as wide as the terminal, and no value taken silently. */

import { type CommanderError, type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { type ProgressStream, suggestion, UsageError } from '@coxswain/lab';

/** The options of the command that a function declares, with their types. */
export type OptionsOf<Declare extends (...args: never[]) => Pick<CommandUnknownOpts, 'opts'>> = ReturnType<ReturnType<Declare>['opts']>;

/** Columns of help where no terminal says how many it has. */
const HELP_COLUMNS = 100;

/** A command as it is typed: `coxswain analyse probes`. */
const spoken = (command: CommandUnknownOpts): string => (command.parent ? `${spoken(command.parent)} ${command.name()}` : command.name());

const seeHelp = (command: CommandUnknownOpts): string => `See ${spoken(command)} --help.`;

/** What a known name was expected to be. */
function unknownName(what: string, typed: string, known: readonly string[], command: CommandUnknownOpts): UsageError {
  const remedy = suggestion(typed.split('=')[0], known, seeHelp(command));
  return new UsageError(what, `\`${typed}\``, `one of ${known.join(', ')}`, remedy);
}

function missingValue(flags: string, value: string, command: CommandUnknownOpts): UsageError {
  const [name, expected] = flags.split(/ [<[]|[>\]]$/);
  return new UsageError(name, value, `a value (${expected})`, seeHelp(command));
}

/** What commander found wrong with a command line. */
function usageError({ code, message }: CommanderError, command: CommandUnknownOpts): UsageError {
  const [, named = message] = /'(.+)'/s.exec(message) ?? [];
  const known = command.registeredArguments;
  switch (code) {
    case 'commander.unknownOption': {
      const options = command.createHelp().visibleOptions(command);
      const names = options.map(({ long }) => String(long));
      return unknownName('Option', named, names, command);
    }
    case 'commander.unknownCommand': {
      const names = command.commands.map((one) => one.name());
      return unknownName(command.parent ? spoken(command) : 'Command', named, names, command);
    }
    case 'commander.optionMissingArgument':
      return missingValue(named, 'nothing', command);
    case 'commander.missingArgument': {
      const about = known.find((argument) => argument.name() === named)?.description;
      return new UsageError(named, 'missing', String(about), seeHelp(command));
    }
    case 'commander.excessArguments': {
      const excess = command.args.slice(known.length).map((word) => `\`${word}\``);
      const expected = known.map((argument) => `one ${argument.name()}`).join(', ') || 'options only';
      return new UsageError(spoken(command), excess.join(', '), expected, seeHelp(command));
    }
    default:
      return new UsageError(spoken(command), message, 'a command line that it understands', seeHelp(command));
  }
}

/**
 * Refuses what commander takes silently: what looks like an option as a value, and another value for an option that
 * has one.
 */
function refuseSilentValues(command: CommandUnknownOpts, option: Option): void {
  let before: string | undefined;
  command.on(`option:${option.name()}`, (value: string) => {
    if (/^--?[a-z]/i.test(value)) throw missingValue(option.flags, `\`${value}\``, command);
    const collects = Array.isArray(command.getOptionValue(option.attributeName()));
    if (!collects && before !== undefined && before !== value)
      throw new UsageError(`--${option.name()}`, `both \`${before}\` and \`${value}\``, 'one of them', 'Leave the other out.');
    before = value;
  });
}

/** Gives a command, and those below it, this project's errors and help. */
export function inOurWords(command: CommandUnknownOpts, stdout: ProgressStream): void {
  const write = (text: string): void => void stdout.write(text);
  const width = (): number => stdout.columns ?? HELP_COLUMNS;
  command
    .addHelpOption(new Option('-h, --help', 'Show this').helpGroup('Options:'))
    .showSuggestionAfterError(false)
    .configureOutput({ writeOut: write, writeErr: write, outputError: () => {}, getOutHelpWidth: width, getErrHelpWidth: width })
    .configureHelp({ subcommandTerm: (one) => one.name() })
    .exitOverride((error) => {
      // Help and the version end a command like this, too.
      throw error.exitCode === 0 || error.code === 'commander.help' ? error : usageError(error, command);
    });
  for (const option of command.options) if (option.required) refuseSilentValues(command, option);
  for (const one of command.commands) inOurWords(one, stdout);
}

/** Paragraphs below the help of a command, as wide as it; those that are indented stay as they are. */
export function notes(text: string): (context: { readonly command: Pick<CommandUnknownOpts, 'createHelp' | 'configureOutput'> }) => string {
  const paragraphs = text.split('\n\n').map((one) => (one.startsWith(' ') ? one : one.replaceAll('\n', ' ')));
  return ({ command }) =>
    `\n${command.createHelp().boxWrap(paragraphs.join('\n\n'), command.configureOutput().getOutHelpWidth?.() ?? HELP_COLUMNS)}`;
}
