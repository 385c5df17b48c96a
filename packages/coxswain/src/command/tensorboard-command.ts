/** `coxswain tensorboard`: metrics as TensorBoard's event files. */

import { basename, join, relative } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { findRunFolders, type Machine, makeFolder, readOrSkip, UsageError, writeAtomic } from '@coxswain/lab';
import { eventsOf } from '../tensorboard/convert.js';
import { choose, runsOption, withoutOption } from './choice.js';
import { notes, type OptionsOf } from './program.js';

const declare = () =>
  new Command('tensorboard')
    .description('Write the metrics of runs as event files for TensorBoard.')
    .addOption(runsOption())
    .addOption(withoutOption())
    .option('--out <FOLDER>', 'Where to write; then: tensorboard --logdir FOLDER', 'runs/tensorboard')
    .addHelpText('after', notes('A second call brings the files up to date, also of runs under way.'));

type Asked = OptionsOf<typeof declare>;

export const tensorboardCommand = (machine: Machine) => declare().action((options) => writeEvents(options, machine));

/** One name for each run, so that TensorBoard, which watches a file of a name, finds what is new in it. */
const FILE = 'events.out.tfevents.0.coxswain';

/** Writes one event file a run. */
function writeEvents({ runs: roots, without, out }: Asked, { stdout, stderr }: Machine): void {
  const choice = choose(roots, without, stderr);
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
