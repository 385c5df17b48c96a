/** `coxswain analyse NAME`: one question, one run folder, numbers and a figure. */

import { analysisPhase, suggestion, UsageError } from '@coxswain/lab';
import { ANALYSES, SUMMARIES } from '../lists.js';
import { type Machine, runPhase } from './phase-command.js';
import { runSummary } from './summary-command.js';

export const ANALYSE_ABOUT = 'Answers one question about trained models, or about finished runs, with numbers and a figure.';

function help(): string {
  const rows = [...ANALYSES, ...SUMMARIES].map(({ name, about }) => [name, about]);
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return [
    `coxswain analyse — ${ANALYSE_ABOUT}`,
    '',
    'Usage: coxswain analyse NAME [options]',
    '',
    ...rows.map(([name, about]) => `  ${name.padEnd(width)}${about}`),
    '',
    'coxswain analyse NAME --help says more about each. What they write joins the next `coxswain report`.',
    '',
  ].join('\n');
}

export function runAnalyse(args: readonly string[], machine: Machine): Promise<void> | void {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h') {
    machine.stdout.write(help());
    return;
  }
  const analysis = ANALYSES.find((candidate) => candidate.name === name);
  if (analysis) return runPhase(analysisPhase(analysis), rest, machine, `analyse ${name}`);
  const summary = SUMMARIES.find((candidate) => candidate.name === name);
  if (summary) return runSummary(summary, rest, machine);
  const known = [...ANALYSES, ...SUMMARIES].map((candidate) => candidate.name);
  const remedy = suggestion(name, known, 'See coxswain analyse --help.');
  throw new UsageError('Analysis', `\`${name}\``, `one of ${known.join(', ')}`, remedy);
}
