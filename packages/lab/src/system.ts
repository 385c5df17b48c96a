/** A system: phases that belong together, with their settings, analyses, commands and what they tell in a report. */
import type { z } from 'zod';
import type { Analysis } from './analyses/analysis.js';
import type { Summary } from './analyses/summary.js';
import type { Machine } from './machine.js';
import type { Phase } from './phase.js';
import type { SystemReport } from './report/system-report.js';
import type { Section } from './settings/section.js';

/** A command that is no phase. */
export interface SystemCommand {
  readonly name: string;
  /** One sentence, for `--help`. */
  readonly about: string;
  readonly run: (args: readonly string[], machine: Machine) => Promise<void>;
}

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
