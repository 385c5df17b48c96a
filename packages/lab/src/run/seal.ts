/**
 * `seal.json` of a run folder: which run it is, the checkpoint that its results were made from, and the digest of each.
 * A result that was taken from another run, or is older than the checkpoint beside it, is not this run's.
 *
 * A folder without one was left by an earlier version, or holds what somebody chose to keep: its files are taken as
 * they are.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { RunFolderError } from '../errors.js';
import { canonicalJson } from '../settings/json.js';
import { digest, lastProgress } from './checkpoint.js';
import { fitted } from './fitted.js';
import { onDisk, parseJson, readJson, writeAtomic } from './storage.js';

export const SEAL_FILE = 'seal.json';

export type Seal = {
  /** Hash of the run's `config.json`. */
  readonly run: string;
  /** What the `progress.json` is known by that the files below were made after. */
  readonly checkpoint?: string;
  /** SHA-256 of each file that the run left, and of its model. */
  readonly files: Readonly<Record<string, string>>;
};

type Stored = Seal & { readonly digest: string };
const STORED: z.ZodType<Stored> = z.looseObject({
  run: z.string(),
  checkpoint: z.string().optional(),
  files: z.record(z.string(), z.string()),
  digest: z.string(),
});

const MODEL = 'model.safetensors';
const RESTORE = 'Restore the file, let its run write it again (the command in config.json), or leave this run out.';
const digestOf = (seal: Seal): string => digest(new TextEncoder().encode(canonicalJson(seal)));

/** Writes the seal of a run. */
export function writeSeal(folder: string, seal: Seal): void {
  writeAtomic(join(folder, SEAL_FILE), `${JSON.stringify({ ...seal, digest: digestOf(seal) } satisfies Stored, null, 1)}\n`);
}

/** Notes what a run has left, and after which checkpoint; what it left after an earlier one counts no more. */
export function sealArtifact(folder: string, run: string, name: string, bytes: Uint8Array): void {
  const last = lastProgress(folder);
  const model = last?.sha256[MODEL];
  let before: Seal | undefined;
  try {
    before = readSeal(folder);
  } catch {
    // What is written now is right whatever stood there.
  }
  const files = before?.run === run && before.checkpoint === last?.digest ? before.files : {};
  const checkpoint = last?.digest === undefined ? {} : { checkpoint: last.digest };
  writeSeal(folder, { run, ...checkpoint, files: { ...files, ...(model && { [MODEL]: model }), [name]: digest(bytes) } });
}

/** The seal of a run; `undefined` where there is none. @throws RunFolderError when it is not what was written. */
export function readSeal(folder: string): Seal | undefined {
  const path = join(folder, SEAL_FILE);
  const read = readJson(path);
  if (read === undefined) return undefined;
  const refuse = (fault: string): never => {
    throw new RunFolderError(path, fault, 'what this program wrote', RESTORE);
  };
  const { digest: told, ...seal } = fitted(STORED, read, refuse);
  return told === digestOf(seal) ? seal : refuse('something in it was changed since');
}

/**
 * Reads a JSON file that a run left; `undefined` where there is none.
 * @throws RunFolderError when the run did not leave it so; FileError for what is no JSON.
 */
export function readArtifact(folder: string, name: string): unknown {
  const path = join(folder, name);
  if (!fs.existsSync(path)) return undefined;
  const sealed = readSeal(folder)?.files;
  const bytes = onDisk(path, () => fs.readFileSync(path));
  const read = parseJson(path, bytes.toString('utf8'));
  if (sealed && sealed[name] !== digest(bytes))
    throw new RunFolderError(path, 'not what this run left', 'the file that seal.json has the digest of', RESTORE);
  return read;
}

/**
 * Whether a run has left the file, after the checkpoint that is there: one put back to an earlier checkpoint has not
 * finished.
 * @throws CheckpointError for a `progress.json` that is not what was written.
 */
export function hasLeft(folder: string, name: string): boolean {
  try {
    if (readArtifact(folder, name) === undefined) return false;
  } catch {
    return false;
  }
  const sealed = readSeal(folder)?.checkpoint;
  const known = lastProgress(folder)?.digest;
  return sealed === undefined || known === undefined || sealed === known;
}
