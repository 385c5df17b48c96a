/** `coxswain report`: one HTML file, and on request the tables and rows for the documentation. */

import { basename, join } from 'node:path';
import {
  collectReport,
  type Findings,
  fileAt,
  findFindings,
  findingsToMarkdown,
  findRuns,
  readCount,
  readOptions,
  renderReport,
  rowsToJson,
  standaloneSvg,
  tablesToMarkdown,
  UsageError,
  writeFile,
} from '@coxswain/lab';
import { SYSTEM_REPORTS } from '../lists.js';
import { choose, WITHOUT, WITHOUT_HELP } from './choice.js';
import type { Machine } from './phase-command.js';

export const REPORT_ABOUT = 'Write one self-contained HTML file about the runs in a folder.';

const HELP = `coxswain report — ${REPORT_ABOUT}

  --runs FOLDER     Folder with runs, searched to its depth; may be repeated (default runs)
  ${WITHOUT_HELP}
  --out PATH        The report, or a folder for its index.html (default report/index.html)
  --results PATH    Also write PATH.json (one row a success rate), PATH.md (every seed with its command) and PATH/NAME.json, .svg of analyses
  --title TEXT      Title of the report and of PATH.md
  --smoothing N     Updates that each point of a learning curve is the mean of (default 5)
  -h, --help        Show this
`;

const SPECS = {
  runs: { type: 'string' as const, multiple: true, default: ['runs'] },
  without: WITHOUT,
  out: { type: 'string' as const, default: 'report/index.html' },
  results: { type: 'string' as const },
  title: { type: 'string' as const, default: 'Coxswain: skills found in a frozen sequence model' },
  smoothing: { type: 'string' as const, default: '5' },
  help: { type: 'boolean' as const, short: 'h' },
};

/** A file's name for each: the analysis's own, counted where there are several of a kind. */
function namedApart(findings: readonly Findings[]): { file: string; found: Findings }[] {
  return findings.map((found, index) => {
    const earlier = findings.slice(0, index).filter(({ name }) => name === found.name).length;
    return { file: earlier === 0 ? found.name : `${found.name}-${earlier + 1}`, found };
  });
}

/** Writes the report as the command line asks. */
export function runReport(args: readonly string[], { stdout, stderr }: Pick<Machine, 'stdout' | 'stderr'>): void {
  const { values } = readOptions(args, SPECS, false);
  if (values.help) {
    stdout.write(HELP);
    return;
  }
  const roots = values.runs as string[];
  const choice = choose(roots, values.without as string[], stderr);
  const runs = findRuns(roots, choice);
  if (runs.length === 0)
    throw new UsageError(
      '--runs',
      `no run in ${roots.join(', ')}`,
      'a folder with runs made by `coxswain`',
      'Run a phase first, or give another folder.',
    );
  for (const told of SYSTEM_REPORTS.flatMap((system) => system.warnings(runs))) stderr.write(`Warning: ${told}\n`);
  const smoothing = readCount('smoothing', values.smoothing as string, 1);
  const findings = findFindings(roots, choice);
  const data = collectReport(runs, SYSTEM_REPORTS, { title: values.title as string, smoothing, findings });
  writeFile(fileAt(values.out as string, 'index.html'), renderReport(data), stdout);
  if (typeof values.results === 'string') {
    const path = values.results.replace(/\.(json|md)$/, '');
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
