/** `coxswain analyse NAME`: one question, one run folder, numbers and a figure. */

import { Command } from '@commander-js/extra-typings';
import { analysisPhase, type Machine } from '@coxswain/lab';
import { ANALYSES, SUMMARIES } from '../lists.js';
import { dawnOption } from './dawn-option.js';
import { phaseCommand } from './phase-command.js';
import { notes } from './program.js';
import { summaryCommand } from './summary-command.js';

export function analyseCommand(typed: string, machine: Machine) {
  const group = new Command('analyse')
    .description('Answers one question about trained models, or about finished runs, with numbers and a figure.')
    .usage('NAME [options]')
    .addOption(dawnOption())
    .helpCommand(false)
    .addHelpText('after', notes('coxswain analyse NAME --help says more about each. What they write joins the next `coxswain report`.'));
  group.commandsGroup('About trained models:');
  for (const analysis of ANALYSES) group.addCommand(phaseCommand(analysisPhase(analysis), typed, machine, analysis.name));
  group.commandsGroup('About finished runs:');
  for (const summary of SUMMARIES) group.addCommand(summaryCommand(summary, machine));
  return group;
}
