/** `coxswain analyse NAME --runs FOLDER` for the analyses that only read finished runs. */

import { join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { FIGURE_FILE, FINDINGS_FILE, findRuns, type Machine, type Summary, writeFile } from '@coxswain/lab';
import { choose, runsOption, withoutOption } from './choice.js';
import type { OptionsOf } from './program.js';

const declare = (summary: Summary) =>
  new Command(summary.name)
    .description(summary.about)
    .addOption(runsOption())
    .addOption(withoutOption())
    .option('--out <FOLDER>', 'Where to write', `runs/analyse-${summary.name}`);

type Asked = OptionsOf<typeof declare>;

export const summaryCommand = (summary: Summary, machine: Machine) =>
  declare(summary).action((options) => summarise(summary, options, machine));

/**
 * Reads the runs, writes `analysis.json` and `figure.svg`. They are functions of the runs: a second call replaces them.
 */
async function summarise(summary: Summary, { runs: roots, without, out }: Asked, { stdout, stderr }: Machine): Promise<void> {
  const choice = choose(roots, without, stderr);
  const runs = findRuns(roots, choice);
  const findings = { name: summary.name, ...summary.run(runs) };
  for (const told of summary.warnings?.(runs) ?? []) stderr.write(`Warning: ${told}\n`);
  writeFile(join(out, FINDINGS_FILE), `${JSON.stringify(findings, null, 1)}\n`, stdout);
  const { standaloneSvg } = await import('@coxswain/lab/draw');
  writeFile(join(out, FIGURE_FILE), standaloneSvg(findings.charts), stdout);
  for (const line of summary.answer(findings)) stdout.write(`  ${line}\n`);
}
