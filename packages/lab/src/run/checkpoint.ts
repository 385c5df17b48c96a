/**
 * Checkpoints: a folder `checkpoint/` with `model.safetensors`, `config.json` and whatever else a run needs to go on
 * (`state.safetensors`: moments, random state), and `progress.json`, which is written last and counts the others.
 *
 * Replacing it never leaves the run without a whole one: the new folder is written and synced as `checkpoint.new`, the
 * old one becomes `checkpoint.old`, the new one takes its name, the old one is removed, or kept among `checkpoints/` where that is
 * asked for. `recover` finishes or undoes what a crash left in between.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { CheckpointError } from '@coxswain/tensor';
import type { RunIdentity } from './identity.js';
import { onDisk, syncFolder, writeSynced } from './storage.js';

/** What a run hands over to be saved. */
export type Snapshot = {
  /** Contents by file name: `model.safetensors`, `state.safetensors`. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Small values that belong to no tensor: random counters, the best score so far. */
  readonly extra?: Readonly<Record<string, unknown>>;
};

type ProgressFile = {
  readonly step: number;
  readonly metricsBytes: number;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly sha256: Readonly<Record<string, string>>;
};

/** A saved state: the step that comes next is `step` (steps done so far). */
export type Checkpoint = {
  readonly folder: string;
  readonly step: number;
  readonly metricsBytes: number;
  readonly extra: Readonly<Record<string, unknown>>;
  /** Its files. */
  readonly names: readonly string[];
  /** Reads one file, checked against its recorded digest. */
  readonly read: (name: string) => Uint8Array;
};

const RESTORE = 'Restore the folder from a copy, or start anew in another folder.';

/** SHA-256 of bytes, hexadecimal. */
export function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
const paths = (runFolder: string) => ({
  current: join(runFolder, 'checkpoint'),
  next: join(runFolder, 'checkpoint.new'),
  old: join(runFolder, 'checkpoint.old'),
});

/** Where earlier checkpoints are kept, each under its step. */
const KEPT = 'checkpoints';
const keptName = (step: number): string => `step-${String(step).padStart(9, '0')}`;

/** Moves a checkpoint that was replaced among those that are kept, and removes the oldest of too many. */
function keepOrRemove(runFolder: string, old: string, keep: number): void {
  const kept = join(runFolder, KEPT);
  if (keep > 1 && fs.existsSync(old)) {
    fs.mkdirSync(kept, { recursive: true });
    const place = join(kept, keptName(parseProgress(join(old, 'progress.json')).step));
    fs.rmSync(place, { recursive: true, force: true });
    fs.renameSync(old, place);
  }
  fs.rmSync(old, { recursive: true, force: true });
  if (!fs.existsSync(kept)) return;
  const names = fs.readdirSync(kept).filter((name) => name.startsWith('step-'));
  for (const name of names.sort().slice(0, Math.max(0, names.length - (keep - 1)))) fs.rmSync(join(kept, name), { recursive: true });
}

/**
 * Writes a checkpoint in place of the last one.
 * @param keep how many checkpoints there are to be, the last one included.
 * @throws DiskFullError; the last checkpoint is then still there, whole.
 */
export function saveCheckpoint(
  runFolder: string,
  identity: RunIdentity,
  step: number,
  metricsBytes: number,
  { files, extra = {} }: Snapshot,
  keep = 1,
): void {
  const { current, next, old } = paths(runFolder);
  try {
    onDisk(next, () => {
      fs.rmSync(next, { recursive: true, force: true });
      fs.mkdirSync(next);
    });
    for (const [name, bytes] of Object.entries(files)) writeSynced(join(next, name), bytes);
    writeSynced(join(next, 'config.json'), json(identity));
    const sha256 = Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, digest(bytes)]));
    writeSynced(join(next, 'progress.json'), json({ step, metricsBytes, extra, sha256 } satisfies ProgressFile));
    onDisk(next, () => syncFolder(next));
  } catch (error) {
    fs.rmSync(next, { recursive: true, force: true });
    throw error;
  }
  onDisk(current, () => {
    if (fs.existsSync(current)) {
      fs.rmSync(old, { recursive: true, force: true });
      fs.renameSync(current, old);
    }
    fs.renameSync(next, current);
    syncFolder(runFolder);
    keepOrRemove(runFolder, old, keep);
  });
}

/** Brings a run folder back to one whole checkpoint, or none, after a crash at any moment of `saveCheckpoint`. */
export function recover(runFolder: string): void {
  const { current, next, old } = paths(runFolder);
  onDisk(current, () => {
    // The last checkpoint only steps aside once the next one is whole and synced.
    if (fs.existsSync(old) && !fs.existsSync(current)) fs.renameSync(fs.existsSync(next) ? next : old, current);
    fs.rmSync(next, { recursive: true, force: true });
    fs.rmSync(old, { recursive: true, force: true });
  });
}

function parseProgress(path: string): ProgressFile {
  let parsed: Partial<ProgressFile>;
  try {
    parsed = JSON.parse(fs.readFileSync(path, 'utf8')) as Partial<ProgressFile>;
  } catch (error) {
    throw new CheckpointError(path, (error as Error).message, 'the JSON this program wrote', RESTORE);
  }
  const { step, metricsBytes, extra, sha256 } = parsed;
  if (!Number.isSafeInteger(step) || !Number.isSafeInteger(metricsBytes) || typeof extra !== 'object' || typeof sha256 !== 'object') {
    throw new CheckpointError(path, 'fields are missing', 'step, metricsBytes, extra and sha256', RESTORE);
  }
  return parsed as ProgressFile;
}

/**
 * The checkpoint of a run folder, or `undefined` when there is none. Call `recover` first.
 * @throws CheckpointError when its files are not those that were written.
 */
export function readCheckpoint(runFolder: string): Checkpoint | undefined {
  const folder = paths(runFolder).current;
  if (!fs.existsSync(folder)) return undefined;
  const { step, metricsBytes, extra, sha256 } = parseProgress(join(folder, 'progress.json'));
  const read = (name: string): Uint8Array => {
    const path = join(folder, name);
    if (!Object.hasOwn(sha256, name) || !fs.existsSync(path))
      throw new CheckpointError(path, 'there is no such file', 'a file of the checkpoint', RESTORE);
    const bytes = onDisk(path, () => fs.readFileSync(path));
    if (digest(bytes) !== sha256[name])
      throw new CheckpointError(path, `${bytes.length} bytes that were changed since`, 'the bytes this program wrote', RESTORE);
    return bytes;
  };
  return { folder, step, metricsBytes, extra, names: Object.keys(sha256), read };
}
