/** Gives the command a line, in this process. */

import type { Machine, Phase } from '@coxswain/lab';
import { main } from '../src/command/main.js';
import { toyDevice, toyPhase } from './toy-phase.js';

/** The exit code, and what was printed. @param on what of the machine is other than a toy's that nobody interrupts. */
export async function ask(args: readonly string[], phases: readonly Phase[] = [toyPhase], on: Partial<Machine> = {}) {
  const written = { out: '', err: '' };
  const code = await main(args, phases, {
    stdout: { write: (text) => (written.out += text) },
    stderr: { write: (text) => (written.err += text) },
    signals: { on: () => {}, off: () => {}, exit: () => {} },
    now: () => performance.now(),
    openDevice: toyDevice,
    program: [],
    ...on,
  });
  return { code, ...written };
}

/** Settings as options of a command line. */
export const set = (settings: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
