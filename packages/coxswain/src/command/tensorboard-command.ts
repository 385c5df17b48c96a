/** `coxswain tensorboard`: metrics as TensorBoard's event files. */
import { basename, join, relative } from 'node:path';
import { findRunFolders, makeFolder, readOptions, readOrSkip, UsageError, writeAtomic } from '@coxswain/lab';
import { eventsOf } from '../tensorboard/convert.js';
import { choose, WITHOUT, WITHOUT_HELP } from './choice.js';
import type { Machine } from './phase-command.js';

export const TENSORBOARD_ABOUT = 'Write the metrics of runs as event files for TensorBoard.';

const HELP = `coxswain tensorboard — ${TENSORBOARD_ABOUT}

  --runs FOLDER     Folder with runs, searched to its depth; may be repeated (default runs)
  ${WITHOUT_HELP}
  --out FOLDER      Where to write (default runs/tensorboard); then: tensorboard --logdir FOLDER
  -h, --help        Show this

A second call brings the files up to date, also of runs under way.
`;

const SPECS = {
  runs: { type: 'string' as const, multiple: true, default: ['runs'] },
  without: WITHOUT,
  out: { type: 'string' as const, default: 'runs/tensorboard' },
  help: { type: 'boolean' as const, short: 'h' },
};

/** One name for each run, so that TensorBoard, which watches a file of a name, finds what is new in it. */
const FILE = 'events.out.tfevents.0.coxswain';

/** Writes one event file a run. */
export function runTensorboard(args: readonly string[], { stdout, stderr }: Pick<Machine, 'stdout' | 'stderr'>): void {
  const { values } = readOptions(args, SPECS, false);
  if (values.help) {
    stdout.write(HELP);
    return;
  }
  const roots = values.runs as string[];
  const choice = choose(roots, values.without as string[], stderr);
  const seen = new Set<string>();
  const found = roots.flatMap((root) =>
    findRunFolders(root, seen).map((folder) => ({ folder, name: relative(root, folder) || basename(root) })),
  );
  if (found.length === 0)
    throw new UsageError(
      '--runs',
      `no run in ${roots.join(', ')}`,
      'a folder with runs made by `coxswain`',
      'Run a phase first, or give another folder.',
    );
  const out = values.out as string;
  const twice = found.find(({ name }, i) => found.findIndex((other) => other.name === name) !== i);
  if (twice)
    throw new UsageError(
      '--runs',
      `two runs named ${twice.name} (${twice.folder} is one)`,
      'names that differ, for each is a folder of events',
      'Give the folder above both.',
    );
  let written = 0;
  for (const { folder, name } of found) {
    const events = readOrSkip(folder, eventsOf, choice);
    if (!events) continue;
    const place = join(out, name);
    makeFolder(place);
    writeAtomic(join(place, FILE), events);
    written++;
  }
  stdout.write(`Wrote the events of ${written} run${written === 1 ? '' : 's'} to ${out}\n`);
}
