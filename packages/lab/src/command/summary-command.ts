/** `coxswain analyse NAME --runs FOLDER` for the analyses that only read finished runs. */
import { join } from 'node:path';
import { FIGURE_FILE, FINDINGS_FILE } from '../analyses/findings.js';
import type { Summary } from '../analyses/summary.js';
import type { ProgressStream } from '../progress.js';
import { standaloneSvg } from '../report/standalone.js';
import { findRuns } from '../run/scan.js';
import { readOptions } from './options.js';
import { writeFile } from './write-file.js';

const SPECS = {
  runs: { type: 'string' as const, multiple: true, default: ['runs'] },
  out: { type: 'string' as const },
  help: { type: 'boolean' as const, short: 'h' },
};

/** Reads the runs, writes `analysis.json` and `figure.svg`. They are functions of the runs: a second call replaces them. */
export function runSummary(summary: Summary, args: readonly string[], stdout: ProgressStream): void {
  const { values } = readOptions(args, SPECS, false);
  if (values.help) {
    stdout.write(
      [
        `coxswain analyse ${summary.name} — ${summary.about}`,
        '',
        '  --runs FOLDER   Folder with runs, searched to its depth; may be repeated (default runs)',
        `  --out FOLDER    Where to write (default runs/analyse-${summary.name})`,
        '  -h, --help      Show this',
        '',
      ].join('\n'),
    );
    return;
  }
  const findings = { name: summary.name, ...summary.run((values.runs as string[]).flatMap(findRuns)) };
  const out = typeof values.out === 'string' ? values.out : `runs/analyse-${summary.name}`;
  writeFile(join(out, FINDINGS_FILE), `${JSON.stringify(findings, null, 1)}\n`, stdout);
  writeFile(join(out, FIGURE_FILE), standaloneSvg(findings.charts), stdout);
}
