/**
 * Waiting for what other processes do. Nothing here knows the time: a wait ends by what it waits for, or by the end of
 * who would do it.
 */
import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';

/**
 * Waits for something to become so, however long that takes.
 * @param over says why it cannot come to that any more, once it cannot: whoever would do it has ended.
 * @throws Error with what `over` says.
 */
export async function until(what: () => boolean, over: () => string | undefined): Promise<void> {
  for (;;) {
    // Asked first: what a process did last is seen although it has ended since.
    const reason = over();
    if (what()) return;
    if (reason !== undefined) throw new Error(`it never came to that: ${reason}`);
    await new Promise((resume) => setTimeout(resume, 5));
  }
}

/** A process, what it printed so far, and its end. */
export interface Followed {
  readonly child: ChildProcess;
  readonly said: () => string;
  /** Its exit code; `null` where a signal ended it. All that it printed is there by then. */
  readonly ended: Promise<number | null>;
  /** For `until`: how it ended, once it has. */
  readonly over: () => string | undefined;
}

export function follow(child: ChildProcess): Followed {
  let said = '';
  let reason: string | undefined;
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (said += chunk));
  const ended = new Promise<number | null>((resolve) =>
    child.on('close', (code, signal) => {
      reason = `the process ended with ${signal ?? code}\n${said}`;
      resolve(code);
    }),
  );
  return { child, said: () => said, ended, over: () => reason };
}

/** For `until`: once a process that somebody else started has ended. */
export const processOver = (pid: number) => (): string | undefined => {
  try {
    process.kill(pid, 0);
    return undefined;
  } catch {
    return `process ${pid} has ended`;
  }
};

/** For `until`: once one of them has ended. */
export const eitherOver =
  (...all: readonly Followed[]) =>
  (): string | undefined =>
    all.map(({ over }) => over()).find((reason) => reason !== undefined);

/** A file that toy runs look at: a step that it names does not end before it names another, or is gone. */
export class Gate {
  constructor(readonly path: string) {}

  /** @param runs how the phase, width and seed of the runs begin: `pretrain`, `discover-64-3`. */
  hold(runs: string, step: number): void {
    // Moved into its place, so that nobody reads half of it.
    fs.writeFileSync(`${this.path}.new`, `${runs} ${step}`);
    fs.renameSync(`${this.path}.new`, this.path);
  }

  open(): void {
    fs.rmSync(this.path, { force: true });
  }

  holds(run: string, step: number): boolean {
    let text: string;
    try {
      text = fs.readFileSync(this.path, 'utf8');
    } catch {
      return false;
    }
    const [runs, held] = text.split(' ');
    return run.startsWith(runs) && step === Number(held);
  }
}
