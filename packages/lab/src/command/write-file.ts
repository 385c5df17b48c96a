import fs from 'node:fs';
import { dirname } from 'node:path';
import type { ProgressStream } from '../progress.js';
import { onDisk, writeAtomic } from '../run/storage.js';

/** Writes a file, its folder too where there is none, and says so. */
export function writeFile(path: string, content: string, stdout: ProgressStream): void {
  onDisk(path, () => fs.mkdirSync(dirname(path), { recursive: true }));
  writeAtomic(path, content);
  stdout.write(`Wrote ${path}\n`);
}
