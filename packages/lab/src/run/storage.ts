/** The few ways this package touches the disk, each either complete or without effect, with typed errors. */

import fs from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { CoxswainError } from '@coxswain/base';
import { DiskFullError, FileError, UnwritableError } from '../errors.js';

const NO_SPACE = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Why a place cannot be written, by what the file system says. */
const UNWRITABLE: Readonly<Record<string, string>> = {
  EROFS: 'is on a read-only disk',
  EACCES: 'may not be written by this user',
  EPERM: 'may not be written by this user',
  ENOTDIR: 'is a file, not a folder',
  ENOENT: 'takes no new files',
};

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** The typed error for what the file system said about `path`. */
export function storageError(path: string, error: unknown): Error {
  if (error instanceof CoxswainError) return error;
  const code = codeOf(error);
  if (code === undefined) return error instanceof Error ? error : new Error(String(error));
  if (NO_SPACE.has(code)) return new DiskFullError(path, { cause: error });
  if (code === 'EROFS') return new UnwritableError(dirname(path), UNWRITABLE[code], path, { cause: error });
  return new FileError(path, (error as Error).message, { cause: error });
}

/** Runs a file operation; what it throws becomes a typed error that names `path`. */
export function onDisk<T>(path: string, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw storageError(path, error);
  }
}

/**
 * Makes a folder, and those above it that are missing.
 * @throws UnwritableError that names the lowest folder that is there, where nothing can be made in it.
 */
export function makeFolder(path: string): void {
  // One by one: Node's own `recursive` says ENOENT of a read-only disk, and never ends where the system says so of a
  // folder that is there.
  const missing: string[] = [];
  let above = resolve(path);
  for (; !fs.existsSync(above); above = dirname(above)) missing.unshift(above);
  if (!onDisk(above, () => fs.statSync(above)).isDirectory()) throw new UnwritableError(above, UNWRITABLE.ENOTDIR, path);
  for (const folder of missing) {
    try {
      fs.mkdirSync(folder);
    } catch (error) {
      const code = codeOf(error) ?? '';
      // Another process may have made it just now.
      if (code === 'EEXIST') continue;
      const reason = UNWRITABLE[code];
      throw reason ? new UnwritableError(dirname(folder), reason, path, { cause: error }) : storageError(folder, error);
    }
  }
}

const isFolder = (path: string): boolean => fs.existsSync(path) && fs.statSync(path).isDirectory();

/** The file that `--out PATH` means: the path, or `name` in it where it is a folder. */
export function fileAt(path: string, name: string): string {
  return /[\\/]$/.test(path) || isFolder(path) ? join(path, name) : path;
}

/** Writes all bytes: `write` may take fewer than it was given. */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) done += fs.writeSync(descriptor, bytes, done, bytes.length - done);
}

/**
 * Makes renames and new names in a folder survive a power cut. Some systems cannot sync a folder; there it does
 * nothing.
 */
export function syncFolder(path: string): void {
  let descriptor: number;
  try {
    descriptor = fs.openSync(path, 'r');
  } catch {
    return;
  }
  try {
    fs.fsyncSync(descriptor);
  } catch (error) {
    if (!['EPERM', 'EINVAL', 'ENOTSUP', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Writes a file and waits until it is on the disk. */
export function writeSynced(path: string, content: Uint8Array | string): void {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  onDisk(path, () => {
    const descriptor = fs.openSync(path, 'w');
    try {
      writeAll(descriptor, bytes);
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  });
}

/**
 * Replaces a file: whoever looks sees the old content or the new, never a part.
 * @param writers `several` where no lock keeps other processes from writing the same file: each has a temporary one of
 * its own then.
 * @throws FileError where a folder is.
 */
export function writeAtomic(path: string, content: Uint8Array | string, writers: 'one' | 'several' = 'one'): void {
  if (isFolder(path)) throw new FileError(path, 'a folder, where a file is to be written');
  const temporary = writers === 'one' ? `${path}.new` : `${path}.${hostname()}-${process.pid}.new`;
  try {
    writeSynced(temporary, content);
    onDisk(path, () => fs.renameSync(temporary, path));
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
  onDisk(path, () => syncFolder(dirname(path)));
}

/** Reads a text file. @throws FileError where there is none. */
export function readText(path: string): string {
  if (!fs.existsSync(path)) throw new FileError(path, 'there is no such file');
  return onDisk(path, () => fs.readFileSync(path, 'utf8'));
}

/** Reads a JSON file; `undefined` when there is none. */
export function readJson(path: string): unknown {
  const text = onDisk(path, () => (fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : undefined));
  return text === undefined ? undefined : parseJson(path, text);
}

/** What a file's text says. @throws FileError for what is no JSON. */
export function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FileError(path, `not JSON (${(error as Error).message})`, { cause: error });
  }
}
