/** `coxswain report`: one HTML file, and on request the tables and rows for the documentation. */

import { basename, join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import {
  collectReport,
  count,
  type Findings,
  fileAt,
  findFindings,
  findingsToMarkdown,
  findRuns,
  type Machine,
  rowsToJson,
  tablesToMarkdown,
  UsageError,
  writeFile,
} from '@coxswain/lab';
import { SYSTEM_REPORTS } from '../lists.js';
import { choose, runsOption, withoutOption } from './choice.js';
import type { OptionsOf } from './program.js';

const declare = () =>
  new Command('report')
    .description('Write one self-contained HTML file about the runs in a folder.')
    .addOption(runsOption())
    .addOption(withoutOption())
    .option('--out <PATH>', 'The report, or a folder for its index.html', 'report/index.html')
    .option(
      '--results <PATH>',
      'Also write PATH.json (one row a success rate), PATH.md (every seed with its command) and PATH/NAME.json, .svg of analyses',
    )
    .option('--title <TEXT>', 'Title of the report and of PATH.md', 'Coxswain: skills found in a frozen sequence model')
    .option('--smoothing <N>', 'Updates that each point of a learning curve is the mean of', count('smoothing', 1), 5);

type Asked = OptionsOf<typeof declare>;

export const reportCommand = (machine: Machine) => declare().action((options) => writeReport(options, machine));

/** A file's name for each: the analysis's own, counted where there are several of a kind. */
function namedApart(findings: readonly Findings[]): { file: string; found: Findings }[] {
  return findings.map((found, index) => {
    const earlier = findings.slice(0, index).filter(({ name }) => name === found.name).length;
    return { file: earlier === 0 ? found.name : `${found.name}-${earlier + 1}`, found };
  });
}

/** Writes the report as the command line asks. */
async function writeReport({ runs: roots, without, out, results, title, smoothing }: Asked, { stdout, stderr }: Machine): Promise<void> {
  const choice = choose(roots, without, stderr);
  const runs = findRuns(roots, choice);
  if (runs.length === 0)
    throw new UsageError(
      '--runs',
      `no run in ${roots.join(', ')}`,
      'a folder with runs made by `coxswain`',
      'Run a phase first, or give another folder.',
    );
  for (const told of SYSTEM_REPORTS.flatMap((system) => system.warnings(runs))) stderr.write(`Warning: ${told}\n`);
  const findings = findFindings(roots, choice);
  const data = collectReport(runs, SYSTEM_REPORTS, { title, smoothing, findings });
  // What draws is loaded here: every other command starts without it.
  const { renderReport, standaloneSvg } = await import('@coxswain/lab/draw');
  writeFile(fileAt(out, 'index.html'), renderReport(data), stdout);
  if (results !== undefined) {
    const path = results.replace(/\.(json|md)$/, '');
    writeFile(`${path}.json`, rowsToJson(runs.flatMap((run) => run.rows)), stdout);
    const files = namedApart(findings);
    for (const { file, found } of files) {
      writeFile(join(path, `${file}.json`), `${JSON.stringify(found, null, 1)}\n`, stdout);
      writeFile(join(path, `${file}.svg`), standaloneSvg(found.charts), stdout);
    }
    const analyses = files.map(({ file, found }) => findingsToMarkdown(found, `${basename(path)}/${file}.svg`));
    writeFile(`${path}.md`, `${tablesToMarkdown(data.title, data.lead, data.tables)}\n${analyses.join('\n')}`, stdout);
  }
}
