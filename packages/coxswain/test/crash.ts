/** A process that dies at a chosen disk operation, played inside one process. */
import fs from 'node:fs';
import { vi } from 'vitest';
import { OPERATIONS } from './disk-operations.mjs';

export class Crash extends Error {}

/**
 * Runs `action` until its disk operation number `at` (from 0). That one does not happen, or for a write only half of
 * it; nothing after it reaches the disk, clean-up included.
 * @returns whether it crashed, or came to its end before.
 */
export function crashingAt(at: number, action: () => void): boolean {
  let count = 0;
  for (const name of OPERATIONS) {
    const real = fs[name] as (...args: unknown[]) => unknown;
    vi.spyOn(fs, name).mockImplementation(((...args: unknown[]) => {
      const turn = count++;
      if (turn === at && name === 'writeSync') {
        const [descriptor, bytes, from, length, position] = args as [number, Uint8Array, number, number, number | undefined];
        real.call(fs, descriptor, bytes, from, Math.floor(length / 2), position);
      }
      if (turn >= at) throw new Crash(`${name}, operation ${turn}`);
      return real.apply(fs, args);
    }) as never);
  }
  try {
    action();
    return false;
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    return true;
  } finally {
    vi.restoreAllMocks();
  }
}

/**
 * Makes every write to a file whose descriptor or path passes through `writeSync` fail as on a full disk, after `bytes`
 * more bytes.
 */
export function fillDisk(bytes: number): void {
  let left = bytes;
  const real = fs.writeSync as (...args: unknown[]) => number;
  vi.spyOn(fs, 'writeSync').mockImplementation(((descriptor: number, data: Uint8Array, from: number, length: number, position?: number) => {
    if (left <= 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const written = real.call(fs, descriptor, data, from, Math.min(length, left), position);
    left -= written;
    return written;
  }) as never);
}
