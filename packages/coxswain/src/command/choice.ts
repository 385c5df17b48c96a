/** Which runs a command reads: `--runs`, `--without`, and what becomes of those that cannot be read. */

import { basename, resolve, sep } from 'node:path';
import { Option } from '@commander-js/extra-typings';
import { type Choice, collect, findRunFolders, type ProgressStream, UsageError } from '@coxswain/lab';

const RUNS = ['runs'];

export const runsOption = () =>
  new Option('--runs <FOLDER>', 'Folder with runs, searched to its depth; may be repeated').argParser(collect(RUNS)).default(RUNS, 'runs');

export const withoutOption = () =>
  new Option('--without <RUN>', 'Leave a run out, by its folder or its name; may be repeated').argParser(collect());

/**
 * What to read in these folders. A run that cannot be read is named on `stderr` and left out.
 * @param without folders or names of runs.
 * @throws UsageError for a name that no run has; FileError where a folder is not.
 */
export function choose(roots: readonly string[], without: readonly string[] = [], stderr: ProgressStream): Required<Choice> {
  const seen = new Set<string>();
  const folders = roots.flatMap((root) => findRunFolders(root, seen));
  const named = (folder: string, run: string): boolean => basename(folder) === run || resolve(folder) === resolve(run);
  const unknown = without.find((run) => !folders.some((folder) => named(folder, run)));
  if (unknown !== undefined) {
    const names = folders.map((folder) => basename(folder)).slice(0, 10);
    throw new UsageError('--without', `\`${unknown}\``, `a run in ${roots.join(', ')}`, `There are ${names.join(', ') || 'none'}.`);
  }
  const out = folders.filter((folder) => without.some((run) => named(folder, run)));
  return {
    without: (folder) => out.some((one) => folder === one || folder.startsWith(`${one}${sep}`)),
    skipped: (folder, { message }) => stderr.write(`Warning: left out ${folder}. ${message}\n`),
  };
}
