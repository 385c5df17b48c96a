/** The few ways this package touches the disk, each either complete or without effect, with typed errors. */
import fs from 'node:fs';
import { dirname } from 'node:path';
import { CoxswainError } from '@coxswain/tensor';
import { DiskFullError, FileError } from '../errors.js';

const NO_SPACE = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** The typed error for what the file system said about `path`. */
export function storageError(path: string, error: unknown): Error {
  if (error instanceof CoxswainError) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined) return error instanceof Error ? error : new Error(String(error));
  if (NO_SPACE.has(code)) return new DiskFullError(path, { cause: error });
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

/** Writes all bytes: `write` may take fewer than it was given. */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) done += fs.writeSync(descriptor, bytes, done, bytes.length - done);
}

/** Makes renames and new names in a folder survive a power cut. Some systems cannot sync a folder; there it does nothing. */
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

/** Replaces a file: whoever looks sees the old content or the new, never a part. */
export function writeAtomic(path: string, content: Uint8Array | string): void {
  const temporary = `${path}.new`;
  try {
    writeSynced(temporary, content);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
  onDisk(path, () => {
    fs.renameSync(temporary, path);
    syncFolder(dirname(path));
  });
}

/** Reads a text file. @throws FileError where there is none. */
export function readText(path: string): string {
  if (!fs.existsSync(path)) throw new FileError(path, 'there is no such file');
  return onDisk(path, () => fs.readFileSync(path, 'utf8'));
}

/** Reads a JSON file; `undefined` when there is none. */
export function readJson(path: string): unknown {
  const text = onDisk(path, () => (fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : undefined));
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FileError(path, `not JSON (${(error as Error).message})`, { cause: error });
  }
}
