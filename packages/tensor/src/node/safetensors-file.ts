/** Safetensors files on a disk, on Node. */

import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { CoxswainError } from '@coxswain/base';
import { CheckpointError } from '../errors.js';
import { openSafetensors, type SafeArray, type SafetensorsReader, streamSafetensors, type TensorPlan } from '../safetensors/index.js';

/** Node reads less than 2 GiB at a time. */
const LARGEST_READ = 2 ** 30;

/** A safetensors file that is open. */
export interface SafetensorsFile extends AsyncDisposable {
  readonly reader: SafetensorsReader;
  close(): Promise<void>;
}

/** What the file system said, as a typed error. */
function fileError(path: string, error: unknown, remedy: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  return error instanceof CoxswainError || code === undefined ? error : new CheckpointError(path, message, 'a file', remedy);
}

/** Fewer bytes where the file ends before. */
async function readAt(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, Math.min(LARGEST_READ, length - done), offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

/**
 * Opens a safetensors file and reads its header; its tensors then come one at a time, until it is closed.
 * @throws CheckpointError where it cannot be read, or is no such file.
 */
export async function openSafetensorsFile(path: string): Promise<SafetensorsFile> {
  let file: FileHandle | undefined;
  try {
    const handle = await open(path);
    file = handle;
    const { size } = await handle.stat();
    const reader = await openSafetensors({ size, read: (offset, length) => readAt(handle, offset, length) }, path);
    const close = (): Promise<void> => handle.close();
    return { reader, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await file?.close();
    throw fileError(path, error, 'Name a file that is there and may be read');
  }
}

/**
 * Writes a safetensors file tensor by tensor: in whole, or what was there before stays.
 * @param plans shapes and dtypes by name.
 * @param give the numbers of a tensor, asked for when its turn comes.
 * @throws CheckpointError where it cannot be written, and as `streamSafetensors`.
 */
export async function writeSafetensorsFile(
  path: string,
  plans: ReadonlyMap<string, TensorPlan>,
  give: (name: string, plan: TensorPlan) => SafeArray | Promise<SafeArray>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const unfinished = `${path}.${process.pid}.part`;
  try {
    const file = await open(unfinished, 'w');
    try {
      for await (const chunk of streamSafetensors(plans, give, metadata)) await file.writeFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    // Never truncated in place: another process may have the old one mapped.
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw fileError(path, error, 'Name a file in a folder that may be written to, with room for it');
  }
}
