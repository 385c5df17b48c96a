/** One writer for each run folder. */
import fs from 'node:fs';
import { hostname } from 'node:os';
import { FolderBusyError } from '../errors.js';
import { onDisk } from './storage.js';

type Owner = { readonly pid: number; readonly host: string; readonly started: string };

/**
 * When a process began, so that a number given to a later process is not taken for it. Empty where the system does not
 * tell.
 */
function startOf(pid: number): string {
  try {
    // The name in parentheses may hold spaces; field 22 of the line is the 20th after it.
    return fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/**
 * A process says that it is alive by touching its lock so often; one on another machine that has not for so long is
 * taken for gone.
 */
const BEAT_MS = 20_000;
const SILENT_MS = 180_000;

function isAlive(owner: Owner, path: string): boolean {
  if (owner.host !== hostname()) {
    const touched = fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    return touched !== undefined && Date.now() - touched < SILENT_MS;
  }
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return startOf(owner.pid) === owner.started;
}

function readOwner(path: string): Owner | undefined {
  try {
    return JSON.parse(fs.readFileSync(path, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

function create(path: string, content: string): boolean {
  // A link appears with its content, so nobody can read a lock that is still empty.
  const own = `${path}.${process.pid}`;
  try {
    fs.writeFileSync(own, content);
    fs.linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    fs.rmSync(own, { force: true });
  }
}

/** A lock that this process holds. */
export type Lock = {
  /** Gives it back. */
  readonly release: () => void;
  /**
   * @throws FolderBusyError where the lock in the folder is no longer this one: the folder was moved, or another took
   * its place.
   */
  readonly require: () => void;
};

/** Keeps a lock fresh until it is given back. */
function held(folder: string, path: string): Lock {
  const identity = fs.statSync(path, { bigint: true }).ino;
  const isOwn = (): boolean => fs.statSync(path, { bigint: true, throwIfNoEntry: false })?.ino === identity;
  const beat = setInterval(() => {
    try {
      if (isOwn()) fs.utimesSync(path, new Date(), new Date());
    } catch {
      // The folder was removed, or the disk is away: writing the run tells.
    }
  }, BEAT_MS);
  beat.unref();
  return {
    release: () => {
      clearInterval(beat);
      if (isOwn()) fs.rmSync(path, { force: true });
    },
    require: () => {
      if (isOwn()) return;
      const owner = readOwner(path);
      throw new FolderBusyError(folder, owner ? `process ${owner.pid} on ${owner.host}` : 'nobody: it was moved, or its lock removed');
    },
  };
}

/** Whether a process that is alive holds the lock. */
export function isLocked(path: string): boolean {
  const owner = readOwner(path);
  return owner !== undefined && isAlive(owner, path);
}

/**
 * Takes the lock of a run folder. A lock left by a process that has ended is taken over.
 * @throws FolderBusyError when another process holds it.
 */
export function lockFolder(folder: string, path: string): Lock {
  return onDisk(path, () => {
    const content = JSON.stringify({ pid: process.pid, host: hostname(), started: startOf(process.pid) } satisfies Owner);
    for (let attempt = 0; attempt < 2; attempt++) {
      if (create(path, content)) return held(folder, path);
      const owner = readOwner(path);
      if (owner && isAlive(owner, path)) throw new FolderBusyError(folder, `process ${owner.pid} on ${owner.host}`);
      // Two processes may find the same stale lock: whoever moves it away checks that it moved that one.
      const aside = `${path}.stale.${process.pid}`;
      fs.renameSync(path, aside);
      const moved = readOwner(aside);
      const same = moved?.pid === owner?.pid && moved?.started === owner?.started;
      if (!same && !fs.existsSync(path)) fs.linkSync(aside, path);
      fs.rmSync(aside, { force: true });
    }
    throw new FolderBusyError(folder, 'another process that has just started');
  });
}
