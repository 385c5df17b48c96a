/**
 * A run folder:
 *
 *     config.json        the configuration in full, its hash, the command that made it
 *     metrics.jsonl      metrics, the same bytes however often the run was interrupted
 *     timing.jsonl       speed and elapsed time
 *     environment.jsonl  a line for each process that worked on it: versions, machine, adapter
 *     checkpoint/        model.safetensors, config.json, state.safetensors, progress.json
 *     checkpoints/       earlier ones, where `--keep` asks for them
 *     result.json …      what the phase leaves when it has finished
 *     seal.json          what it left, by digest, and after which checkpoint
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { OtherConfigurationError, RunFolderError } from '../errors.js';
import { type Checkpoint, checkpointFolder, readCheckpoint, recover, type Snapshot, saveCheckpoint } from './checkpoint.js';
import type { Environment } from './environment.js';
import { differences, type RunIdentity, readIdentity } from './identity.js';
import { isLocked, type Lock, lockFolder } from './lock.js';
import { appendLine, MetricsWriter } from './metrics.js';
import { readSeal, sealArtifact, writeSeal } from './seal.js';
import { makeFolder, onDisk, writeAtomic } from './storage.js';

/** `config.json` of a run folder: the run's identity and, outside its hash, the command that made it. */
export type RunConfig = RunIdentity & { readonly command: string };

/** What most phases write, last of all. */
export const RESULT_FILE = 'result.json';

const CONFIG = 'config.json';
const LOCK = 'lock';

/** Reads `config.json` of a run folder; `undefined` when there is none. */
export function readRunConfig(folder: string): RunConfig | undefined {
  const path = join(folder, CONFIG);
  const text = onDisk(path, () => (fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : undefined));
  return text === undefined ? undefined : (readIdentity(path, text) as RunConfig);
}

/**
 * The same, held against what else the folder has of the run: its checkpoint and its seal.
 * @throws RunFolderError where they are another run's, or there is no `config.json`.
 */
export function readOwnConfig(folder: string): RunConfig {
  const config = readRunConfig(folder);
  if (!config) throw new RunFolderError(folder, 'no config.json', 'the files of a run', 'Restore it, or leave this run out.');
  const inner = checkpointFolder(folder);
  const saved = inner && readRunConfig(inner);
  const other = saved ? differences(saved, config) : [];
  const refuse = (value: string): never => {
    throw new RunFolderError(folder, value, 'the files of one run', 'Restore the folder from a copy, or leave it out.');
  };
  if (other.length > 0) refuse(`its checkpoint is another run's: ${other.slice(0, 5).join('; ')}`);
  const seal = readSeal(folder);
  if (seal && seal.run !== config.hash) refuse("its seal.json is another run's");
  return config;
}

/** The lock, and what a crash may leave of it and of a first config.json. */
const isScaffold = (name: string) => name === LOCK || name.startsWith(`${LOCK}.`) || name.startsWith(`${CONFIG}.`);

function claim(folder: string, identity: RunIdentity): RunConfig | undefined {
  const there = readRunConfig(folder);
  if (!there) {
    const strangers = fs.readdirSync(folder).filter((name) => !isScaffold(name));
    if (strangers.length > 0) {
      throw new RunFolderError(
        folder,
        `no config.json but ${strangers.length} other file(s), ${strangers[0]} among them`,
        'an empty folder or a run',
        'Choose another folder with --out.',
      );
    }
    return undefined;
  }
  const other = differences(there, identity);
  if (other.length > 0) throw new OtherConfigurationError(folder, other);
  return there;
}

/** Whether a process writes the folder now. */
export function isBusy(folder: string): boolean {
  return isLocked(join(folder, LOCK));
}

/** A run folder that this process writes. */
export class RunFolder {
  readonly metrics: MetricsWriter;
  /** The state to go on from; absent at the start of a run. */
  readonly resumed: Checkpoint | undefined;
  readonly #lock: Lock;
  /** Hash of the `config.json` that is there: an earlier version may have written it. */
  readonly #hash: string;

  /**
   * Opens a folder for a run, or goes on with the run that is there.
   * @param keep how many checkpoints there are to be, the last one included.
   * @throws FolderBusyError, OtherConfigurationError, RunFolderError, CheckpointError, DiskFullError.
   */
  constructor(
    readonly path: string,
    readonly identity: RunIdentity,
    command: string,
    private readonly keep = 1,
  ) {
    makeFolder(path);
    this.#lock = lockFolder(path, join(path, LOCK));
    try {
      const known = claim(path, identity);
      this.#hash = known?.hash ?? identity.hash;
      if (!known) {
        writeAtomic(join(path, CONFIG), `${JSON.stringify({ ...identity, command } satisfies RunConfig, null, 2)}\n`);
        // From the first moment on: a result that another run left is then known for one.
        writeSeal(path, { run: this.#hash, files: {} });
      }
      recover(path);
      this.resumed = readCheckpoint(path, identity);
      this.metrics = new MetricsWriter(join(path, 'metrics.jsonl'), this.resumed?.metricsBytes ?? 0, this.resumed?.metricsSha256);
    } catch (error) {
      this.#lock.release();
      throw error;
    }
  }

  /** Saves the state after `step` steps; metrics written so far reach the disk before it. */
  save(step: number, snapshot: Snapshot): void {
    this.#lock.require();
    this.metrics.sync();
    saveCheckpoint(this.path, this.identity, step, this.metrics, snapshot, this.keep);
  }

  /** Notes speed and time; never part of what resuming has to repeat. */
  timing(values: Readonly<Record<string, number>>): void {
    appendLine(join(this.path, 'timing.jsonl'), values);
  }

  /** Notes what this process runs on. */
  environment(values: Environment): void {
    appendLine(join(this.path, 'environment.jsonl'), values);
  }

  /** Writes `name` whole or not at all: results, episodes for the report. */
  writeArtifact(name: string, value: unknown): void {
    this.#lock.require();
    const text = `${JSON.stringify(value, null, 1)}\n`;
    writeAtomic(join(this.path, name), text);
    sealArtifact(this.path, this.#hash, name, new TextEncoder().encode(text));
  }

  /** The same for text: a figure. */
  writeText(name: string, content: string): void {
    writeAtomic(join(this.path, name), content);
  }

  close(): void {
    this.metrics.close();
    this.#lock.release();
  }
}
