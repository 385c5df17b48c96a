/**
 * Checkpoints: a folder `checkpoint/` with `model.safetensors`, `config.json` and whatever else a run needs to go on
 * (`state.safetensors`: moments, random state), and `progress.json`, which is written last, with the digests of all the
 * others and of itself. A checkpoint is one whole: a file of another one, or a number changed by hand, is refused.
 *
 * Replacing it never leaves the run without a whole one: the new folder is written and synced as `checkpoint.new`, the
 * old one becomes `checkpoint.old`, the new one takes its name, the old one is removed, or kept among `checkpoints/`
 * where that is asked for. `recover` finishes or undoes what a crash left in between.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { CheckpointError } from '@coxswain/tensor';
import { z } from 'zod';
import { canonicalJson } from '../settings/json.js';
import { fitted } from './fitted.js';
import { differences, type RunIdentity, readIdentity } from './identity.js';
import { makeFolder, onDisk, syncFolder, writeSynced } from './storage.js';

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
  readonly metricsSha256: string;
  readonly extra: Readonly<Record<string, unknown>>;
  /** Of each file, `config.json` too. */
  readonly sha256: Readonly<Record<string, string>>;
  /** SHA-256 of all of the above as canonical JSON. */
  readonly digest: string;
};

/** What an earlier version wrote has no digests of metrics and of itself. */
type AnyProgress = Omit<ProgressFile, 'digest' | 'metricsSha256'> & Partial<ProgressFile>;

const PROGRESS: z.ZodType<AnyProgress> = z.looseObject({
  step: z.int(),
  metricsBytes: z.int(),
  metricsSha256: z.string().optional(),
  extra: z.record(z.string(), z.unknown()),
  sha256: z.record(z.string(), z.string()),
  digest: z.string().optional(),
});

/** A saved state: the step that comes next is `step` (steps done so far). */
export type Checkpoint = {
  readonly folder: string;
  readonly step: number;
  readonly metricsBytes: number;
  readonly metricsSha256: string | undefined;
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

/** The same of a file's. @throws FileError where it cannot be read. */
export const digestOfFile = (path: string): string => digest(onDisk(path, () => fs.readFileSync(path)));

/** What `progress.json` is known by, whatever the order and the spaces that it is written with. */
export const progressDigest = (told: Omit<ProgressFile, 'digest'>): string => digest(new TextEncoder().encode(canonicalJson(told)));

const CONFIG = 'config.json';
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
    makeFolder(kept);
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
  metrics: { readonly bytes: number; readonly sha256: string },
  { files, extra = {} }: Snapshot,
  keep = 1,
): void {
  const { current, next, old } = paths(runFolder);
  try {
    onDisk(next, () => {
      fs.rmSync(next, { recursive: true, force: true });
      fs.mkdirSync(next);
    });
    const all = { ...files, [CONFIG]: new TextEncoder().encode(json(identity)) };
    for (const [name, bytes] of Object.entries(all)) writeSynced(join(next, name), bytes);
    const sha256 = Object.fromEntries(Object.entries(all).map(([name, bytes]) => [name, digest(bytes)]));
    const told = { step, metricsBytes: metrics.bytes, metricsSha256: metrics.sha256, extra, sha256 };
    writeSynced(join(next, 'progress.json'), json({ ...told, digest: progressDigest(told) } satisfies ProgressFile));
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

/** @param any whether one without a digest, of an earlier version, will do. */
function parseProgress(path: string, any = false): AnyProgress {
  let read: unknown;
  try {
    read = JSON.parse(fs.readFileSync(path, 'utf8'));
  } catch (error) {
    throw new CheckpointError(path, (error as Error).message, 'the JSON this program wrote', RESTORE);
  }
  const parsed = fitted(PROGRESS, read, (fault) => {
    throw new CheckpointError(path, fault, 'step, metricsBytes, extra and sha256', RESTORE);
  });
  const { digest: told, ...rest } = parsed;
  if (told === undefined && any) return rest;
  if (told === undefined) throw new CheckpointError(path, 'no digest: an earlier version wrote it', 'a digest of what it says', RESTORE);
  if (told !== progressDigest(rest as ProgressFile))
    throw new CheckpointError(path, `step ${rest.step}, and something in it was changed since`, 'what this program wrote', RESTORE);
  return parsed;
}

/**
 * The checkpoint of a run folder, or `undefined` when there is none. Call `recover` first.
 * @param identity the run that it has to belong to, where that is known.
 * @throws CheckpointError when its files are not those that were written, or are another run's.
 */
export function readCheckpoint(runFolder: string, identity?: RunIdentity): Checkpoint | undefined {
  const folder = paths(runFolder).current;
  if (!fs.existsSync(folder)) return undefined;
  const { step, metricsBytes, metricsSha256, extra, sha256 } = parseProgress(join(folder, 'progress.json'));
  const read = (name: string): Uint8Array => {
    const path = join(folder, name);
    if (!Object.hasOwn(sha256, name) || !fs.existsSync(path))
      throw new CheckpointError(path, 'there is no such file', 'a file of the checkpoint', RESTORE);
    const bytes = onDisk(path, () => fs.readFileSync(path));
    if (digest(bytes) !== sha256[name])
      throw new CheckpointError(path, `${bytes.length} bytes that were changed since`, 'the bytes this program wrote', RESTORE);
    return bytes;
  };
  const whose = readIdentity(join(folder, CONFIG), new TextDecoder().decode(read(CONFIG)));
  const other = identity ? differences(whose, identity) : [];
  if (other.length > 0)
    throw new CheckpointError(folder, `another run's: ${other.slice(0, 5).join('; ')}`, 'a checkpoint of this run', RESTORE);
  return { folder, step, metricsBytes, metricsSha256, extra, names: Object.keys(sha256).filter((name) => name !== CONFIG), read };
}

/**
 * What a checkpoint says of itself, without its tensors; `undefined` where there is no `progress.json`.
 * @param folder the checkpoint's.
 * @throws CheckpointError when it is not what was written, or is none.
 */
export function readProgress(folder: string): AnyProgress | undefined {
  const path = join(folder, 'progress.json');
  return fs.existsSync(path) ? parseProgress(path, true) : undefined;
}

/** The folder of a run's last checkpoint, where there is one: while it is being replaced it is `checkpoint.old`. */
export function checkpointFolder(runFolder: string): string | undefined {
  const { current, old } = paths(runFolder);
  return [current, old].find((folder) => fs.existsSync(folder));
}

/** A process that saves this very moment moves the checkpoint while it is read. */
const MOVED_AWAY = 3;

/**
 * What the last checkpoint of a run says of itself, also while a process replaces it; `undefined` where there is none.
 */
export function lastProgress(runFolder: string): AnyProgress | undefined {
  for (let left = MOVED_AWAY; ; left--) {
    const folder = checkpointFolder(runFolder);
    try {
      return folder === undefined ? undefined : readProgress(folder);
    } catch (error) {
      if (left === 0 || fs.existsSync(join(folder as string, 'progress.json'))) throw error;
    }
  }
}
