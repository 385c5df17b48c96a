/** A system: phases that belong together, with their settings, analyses, commands and what they tell in a report. */
import type { z } from 'zod';
import type { Analysis } from './analyses/analysis.js';
import type { Summary } from './analyses/summary.js';
import type { Machine } from './machine.js';
import type { Phase } from './phase.js';
import type { SystemReport } from './report/system-report.js';
import type { Section } from './settings/section.js';

/** An option of a command; it has a value. */
export interface CommandOption {
  /** What stands for the value in help: `FOLDER`. */
  readonly value: string;
  readonly about: string;
  /** Reads the value, after what an earlier one gave or `otherwise`; without it, the value stays text. */
  readonly read?: (text: string, before: never) => unknown;
  /** What it says where it is left out. */
  readonly otherwise?: unknown;
}

type CommandOptions = Readonly<Record<string, CommandOption>>;

/** What options say. */
type Said<Options extends CommandOptions> = {
  readonly [Name in keyof Options]:
    | (Options[Name] extends { readonly read: (...text: never[]) => infer T } ? T : string)
    | (Options[Name] extends { readonly otherwise: unknown } ? never : undefined);
};

/** A command that is no phase. The app reads its options, and adds those that all commands have which compute. */
export interface SystemCommand<Options extends CommandOptions = CommandOptions, Values = never> {
  readonly name: string;
  /** One sentence, for `--help`. */
  readonly about: string;
  /** By name, which is one word: `base` is `--base`. */
  readonly options: Options;
  /** What `--help` says below them. */
  readonly notes: string;
  readonly run: (values: Values, machine: Machine) => Promise<void>;
}

/** Checks a command's parts against each other, then forgets their types. */
export const systemCommand = <Options extends CommandOptions>(of: SystemCommand<Options, Said<Options>>): SystemCommand => of;

/** A list that runs of a system leave as a JSON file. */
export interface RunList<T> {
  /** Name of the file in the run folder. */
  readonly file: string;
  /** What it has to hold. */
  readonly shape: z.ZodType<readonly T[]>;
}

export interface System {
  readonly name: string;
  /** Settings, with what they are under each preset, in the order in which they are listed. */
  readonly sections: readonly Section[];
  /** In the order in which they are run. */
  readonly phases: readonly Phase[];
  /** What looks into trained models, and what only reads finished runs. */
  readonly analyses?: readonly Analysis[];
  readonly summaries?: readonly Summary[];
  readonly commands?: readonly SystemCommand[];
  /** Files of its runs that reports read, beside those that every run may leave. */
  readonly leaves?: readonly RunList<unknown>[];
  readonly report: SystemReport;
}

/** Checks a system's parts against each other, then forgets their types. */
export const system = (of: System): System => of;
