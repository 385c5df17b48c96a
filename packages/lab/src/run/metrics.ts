/** Metrics of a run as JSON lines. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { dirname } from 'node:path';
import { RunFolderError, SpoiltRunError } from '../errors.js';
import { digest, lastProgress } from './checkpoint.js';
import { readSeal } from './seal.js';
import { onDisk, storageError, writeAll } from './storage.js';

/** One line: the step it belongs to, and its values by metric name. */
export type MetricLine = { readonly step: number; readonly [name: string]: number };

/**
 * Appends lines to a file. A line is written whole or not at all, so that a full disk leaves a file that can be read.
 * What depends on the clock does not belong here: a resumed run writes the very bytes an uninterrupted one does.
 */
export class MetricsWriter {
  readonly #descriptor: number;
  readonly #hash = createHash('sha256');
  #bytes: number;

  /**
   * @param path the file; made when absent.
   * @param keepBytes length to cut the file to: lines written after the last checkpoint are made again by the run.
   * @param sha256 the digest of what is kept, where it is known.
   * @throws RunFolderError when the file is shorter than that, or what is to be kept is not what was written.
   */
  constructor(
    readonly path: string,
    keepBytes: number,
    sha256?: string,
  ) {
    this.#bytes = keepBytes;
    this.#descriptor = onDisk(path, () => fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o644));
    onDisk(path, () => {
      const { size } = fs.fstatSync(this.#descriptor);
      if (size < keepBytes) {
        this.close();
        throw new RunFolderError(
          path,
          `${size} bytes`,
          `at least the ${keepBytes} bytes that the checkpoint counts`,
          'Restore the file, or start anew in another folder.',
        );
      }
      const kept = Buffer.alloc(keepBytes);
      for (let done = 0; done < keepBytes; ) done += fs.readSync(this.#descriptor, kept, done, keepBytes - done, done);
      this.#hash.update(kept);
      if (sha256 !== undefined && this.sha256 !== sha256) {
        this.close();
        throw new RunFolderError(
          path,
          `its first ${keepBytes} bytes were changed since`,
          'the metrics that this run wrote before its checkpoint',
          'Restore the file, or start anew in another folder.',
        );
      }
      fs.ftruncateSync(this.#descriptor, keepBytes);
    });
  }

  /** SHA-256 of the file, hexadecimal; a checkpoint records it. */
  get sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Bytes in the file; a checkpoint records it. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Appends one line.
   * @throws SpoiltRunError for NaN or an infinity, which JSON cannot hold.
   */
  write(step: number, values: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(values))
      if (!Number.isFinite(value)) throw new SpoiltRunError(`${name} at step ${step}`, String(value));
    const line = new TextEncoder().encode(`${JSON.stringify({ step, ...values })}\n`);
    try {
      this.#append(line);
    } catch (error) {
      fs.ftruncateSync(this.#descriptor, this.#bytes);
      throw storageError(this.path, error);
    }
    this.#bytes += line.length;
    this.#hash.update(line);
  }

  #append(line: Uint8Array): void {
    // Positioned writes: after a failed one the next still lands right behind the last whole line.
    let done = 0;
    while (done < line.length) done += fs.writeSync(this.#descriptor, line, done, line.length - done, this.#bytes + done);
  }

  /** Waits until all lines are on the disk. */
  sync(): void {
    onDisk(this.path, () => fs.fsyncSync(this.#descriptor));
  }

  close(): void {
    fs.closeSync(this.#descriptor);
  }
}

/**
 * Reads the whole lines of a file of JSON lines; a part of a line at its end (a run that is being written) is left out.
 */
export function readLines<T>(path: string): T[] {
  const text = onDisk(path, () => (fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : ''));
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line, index) => {
      try {
        const read = JSON.parse(line) as T;
        if (typeof read !== 'object' || read === null) throw new TypeError('no object');
        return read;
      } catch {
        throw new RunFolderError(
          path,
          `line ${index + 1} is not a JSON object`,
          'one JSON object a line',
          'Restore the file, or leave this run out.',
        );
      }
    });
}

const ANOTHERS = 'Restore the file, or leave this run out.';

/** Holds the file against the last checkpoint beside it, which has the digest of what was written before it. */
function requireOwn(path: string): void {
  const folder = dirname(path);
  // The checkpoint first: metrics only grow, so that a run under way is found with at least what it counts.
  const last = lastProgress(folder);
  if (last?.metricsSha256 === undefined) return;
  const bytes = onDisk(path, () => (fs.existsSync(path) ? fs.readFileSync(path) : Buffer.alloc(0)));
  const refuse = (value: string, expected: string): never => {
    throw new RunFolderError(path, value, expected, ANOTHERS);
  };
  const { metricsBytes, metricsSha256, digest: known } = last;
  if (bytes.length < metricsBytes) refuse(`${bytes.length} bytes`, `at least the ${metricsBytes} bytes that the checkpoint counts`);
  if (digest(bytes.subarray(0, metricsBytes)) !== metricsSha256)
    refuse(`its first ${metricsBytes} bytes were changed since`, 'the metrics that this run wrote before its checkpoint');
  const finished = readSeal(folder)?.checkpoint === known;
  if (finished && bytes.length > metricsBytes)
    refuse(`${bytes.length - metricsBytes} bytes more than the run wrote`, `the ${metricsBytes} bytes that it ended with`);
}

/**
 * Reads the whole lines of a metrics file in a run folder.
 * @throws RunFolderError where they are not what the run wrote: other bytes than its checkpoint has the digest of, a
 * step after a later
 *   one, a line twice.
 */
export function readMetrics(path: string): MetricLine[] {
  requireOwn(path);
  const lines = readLines<MetricLine>(path);
  for (const [index, line] of lines.entries()) {
    const before = lines[index - 1];
    const twice = JSON.stringify(line) === JSON.stringify(before);
    if (!before || (line.step >= before.step && !twice)) continue;
    const value = `line ${index + 1} is ${twice ? 'the one before it again' : `of step ${line.step}, after one of step ${before.step}`}`;
    throw new RunFolderError(path, value, 'lines in the order of their steps, each once', ANOTHERS);
  }
  return lines;
}

/** Appends a line about the clock or the machine to a file of its own, which resuming never cuts. */
export function appendLine(path: string, values: object): void {
  onDisk(path, () => {
    const descriptor = fs.openSync(path, 'a');
    try {
      writeAll(descriptor, new TextEncoder().encode(`${JSON.stringify(values)}\n`));
    } finally {
      fs.closeSync(descriptor);
    }
  });
}
