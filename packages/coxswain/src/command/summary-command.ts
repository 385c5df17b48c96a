/** `coxswain analyse NAME --runs FOLDER` for the analyses that only read finished runs. */
import { join } from 'node:path';
import { FIGURE_FILE, FINDINGS_FILE, findRuns, readOptions, type Summary, standaloneSvg, writeFile } from '@coxswain/lab';
import { choose, WITHOUT, WITHOUT_HELP } from './choice.js';
import type { Machine } from './phase-command.js';

const SPECS = {
  runs: { type: 'string' as const, multiple: true, default: ['runs'] },
  without: WITHOUT,
  out: { type: 'string' as const },
  help: { type: 'boolean' as const, short: 'h' },
};

/**
 * Reads the runs, writes `analysis.json` and `figure.svg`. They are functions of the runs: a second call replaces them.
 */
export function runSummary(summary: Summary, args: readonly string[], { stdout, stderr }: Pick<Machine, 'stdout' | 'stderr'>): void {
  const { values } = readOptions(args, SPECS, false);
  if (values.help) {
    stdout.write(
      [
        `coxswain analyse ${summary.name} — ${summary.about}`,
        '',
        '  --runs FOLDER     Folder with runs, searched to its depth; may be repeated (default runs)',
        `  ${WITHOUT_HELP}`,
        `  --out FOLDER      Where to write (default runs/analyse-${summary.name})`,
        '  -h, --help        Show this',
        '',
      ].join('\n'),
    );
    return;
  }
  const roots = values.runs as string[];
  const choice = choose(roots, values.without as string[], stderr);
  const runs = findRuns(roots, choice);
  const findings = { name: summary.name, ...summary.run(runs) };
  for (const told of summary.warnings?.(runs) ?? []) stderr.write(`Warning: ${told}\n`);
  const out = typeof values.out === 'string' ? values.out : `runs/analyse-${summary.name}`;
  writeFile(join(out, FINDINGS_FILE), `${JSON.stringify(findings, null, 1)}\n`, stdout);
  writeFile(join(out, FIGURE_FILE), standaloneSvg(findings.charts), stdout);
  for (const line of summary.answer(findings)) stdout.write(`  ${line}\n`);
}
