/** One run of a sweep as a process of its own: what it prints goes to its log, and it ends when this process does. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { makeFolder, onDisk } from '@coxswain/lab';

export interface Child {
  /** The exit code; `undefined` when a signal ended it. */
  readonly ended: Promise<number | undefined>;
  /** The last line it printed. */
  readonly line: () => string;
  /** Asks it to save and end. */
  readonly interrupt: () => void;
}

/**
 * Several runs on one processor: a software driver that spreads each over all cores would have them wait for each
 * other.
 */
function environment(workers: number): NodeJS.ProcessEnv {
  const threads = Math.floor(availableParallelism() / workers);
  return workers === 1 || process.env.LP_NUM_THREADS !== undefined
    ? process.env
    : { ...process.env, LP_NUM_THREADS: String(threads > 1 ? threads : 0) };
}

/**
 * Starts a command line of this program.
 * @param program executable and first arguments.
 * @param log file that its output is added to.
 */
export function startChild(program: readonly string[], args: readonly string[], log: string, workers: number): Child {
  const [executable, ...first] = program;
  makeFolder(dirname(log));
  const file = onDisk(log, () => fs.openSync(log, 'a'));
  // Its output goes straight to the file, which outlives this process. A group of its own: a Ctrl-C in the terminal
  // reaches it once, through us, and not twice, which would end it at once. The channel tells it when this process is
  // gone (`endWithParent`).
  const child = spawn(executable, [...first, ...args], {
    stdio: ['ignore', file, file, 'ipc'],
    detached: true,
    env: environment(workers),
  });
  fs.closeSync(file);
  const ended = new Promise<number | undefined>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? undefined));
  });
  return { ended, line: () => lastLine(log), interrupt: () => child.kill('SIGINT') };
}

/** Bytes at the end of a log that its last line is looked for in. */
const TAIL = 4096;

function lastLine(log: string): string {
  const file = fs.openSync(log, 'r');
  try {
    const bytes = Buffer.alloc(TAIL);
    const read = fs.readSync(file, bytes, 0, TAIL, Math.max(0, fs.fstatSync(file).size - TAIL));
    return bytes.toString('utf8', 0, read).trimEnd().split('\n').at(-1) ?? '';
  } finally {
    fs.closeSync(file);
  }
}

/**
 * For the other side: a run whose sweep is gone, even by `kill -9`, saves and ends, so that another worker can go on
 * with it.
 */
export function endWithParent(): void {
  if (!process.channel) return;
  process.on('disconnect', () => process.kill(process.pid, 'SIGINT'));
  process.channel.unref();
}
