import { dirname } from 'node:path';
import type { ProgressStream } from '../progress.js';
import { makeFolder, writeAtomic } from '../run/storage.js';

/** Writes a file, its folder too where there is none, and says so. */
export function writeFile(path: string, content: string, stdout: ProgressStream): void {
  makeFolder(dirname(path));
  writeAtomic(path, content, 'several');
  stdout.write(`Wrote ${path}\n`);
}
