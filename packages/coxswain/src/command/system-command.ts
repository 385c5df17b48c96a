/** A command that a system brings, as one of `coxswain`'s. */
import { Command, type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import type { CommandOption, Machine, SystemCommand } from '@coxswain/lab';
import { dawnOption } from './dawn-option.js';
import { notes } from './program.js';

function optionOf(name: string, { value, about, read, otherwise }: CommandOption) {
  const option = new Option(`--${name} <${value}>`, about).default(otherwise);
  return read ? option.argParser<unknown>((text, before) => read(text, before as never)) : option;
}

export function systemCommand(brought: SystemCommand, machine: Machine): CommandUnknownOpts {
  const command = new Command(brought.name).description(brought.about);
  for (const [name, option] of Object.entries(brought.options)) command.addOption(optionOf(name, option));
  return command
    .addOption(dawnOption())
    .addHelpText('after', notes(brought.notes))
    .action((values) => brought.run(values as never, machine));
}
