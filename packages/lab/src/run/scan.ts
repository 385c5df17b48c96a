/** Finds runs on the disk and reads what they left. */
import fs from 'node:fs';
import { join } from 'node:path';
import { CoxswainError } from '@coxswain/tensor';
import { FINDINGS_FILE } from '../analyses/findings.js';
import { FileError, RunFolderError } from '../errors.js';
import type { DrawnEpisode, Findings, SwitchTrace } from '../report/data.js';
import type { ResultRow } from '../results/rows.js';
import type { Skill } from '../skills/library.js';
import { SKILLS_FILE } from '../skills/open.js';
import { RESULT_FILE, type RunConfig, readRunConfig } from './folder.js';
import { type MetricLine, readMetrics } from './metrics.js';
import { onDisk, readJson } from './storage.js';

/** A run as a report reads it. Absent files (an unfinished run) give empty lists. */
export type StoredRun = {
  readonly folder: string;
  readonly config: RunConfig;
  readonly metrics: readonly MetricLine[];
  /** `result.json`: `{ rows }`. */
  readonly rows: readonly ResultRow[];
  /** The numbers of `result.json` beside its rows. */
  readonly measured: Readonly<Record<string, number>>;
  /** `switches.json`. */
  readonly switches: readonly SwitchTrace[];
  /** `episodes.json`. */
  readonly episodes: readonly DrawnEpisode[];
  /** `skills.json`. */
  readonly skills: readonly Skill[];
};

/** Which runs are read. */
export type Choice = {
  /** Is told of a folder whose files cannot be read as a run's, which is then left out; without it the first such file throws. */
  readonly skipped?: (folder: string, error: CoxswainError) => unknown;
  /** Folders to leave out, with all below them. */
  readonly without?: (folder: string) => boolean;
};

/** The list in a file of a run, empty where there is no such file. @throws RunFolderError for what is no list. */
function readList<T>(folder: string, name: string): readonly T[] {
  const read = readJson(join(folder, name)) ?? [];
  if (!Array.isArray(read))
    throw new RunFolderError(join(folder, name), 'not a list', 'what a run left', 'Restore the file, or leave this run out.');
  return read;
}

/** What `read` gives for a folder that is not left out. */
export function readOrSkip<T>(folder: string, read: (folder: string) => T, { skipped, without }: Choice): T | undefined {
  if (without?.(folder)) return undefined;
  try {
    return read(folder);
  } catch (error) {
    if (!skipped || !(error instanceof CoxswainError)) throw error;
    skipped(folder, error);
    return undefined;
  }
}

/** What `result.json` holds: success rates, and the numbers beside them. Nothing of either where there is no such file. */
export function readResult(folder: string): Pick<StoredRun, 'rows' | 'measured'> {
  const result = (readJson(join(folder, RESULT_FILE)) ?? {}) as { readonly rows?: readonly ResultRow[] } & Record<string, unknown>;
  if (result.rows !== undefined && !Array.isArray(result.rows)) readList(folder, RESULT_FILE);
  const numbers = Object.entries(result).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  return { rows: result.rows ?? [], measured: Object.fromEntries(numbers) };
}

function readRun(folder: string): StoredRun | undefined {
  const config = readRunConfig(folder);
  if (!config) return undefined;
  return {
    folder,
    config,
    metrics: readMetrics(join(folder, 'metrics.jsonl')),
    ...readResult(folder),
    switches: readList<SwitchTrace>(folder, 'switches.json'),
    episodes: readList<DrawnEpisode>(folder, 'episodes.json'),
    skills: readList<Skill>(folder, SKILLS_FILE),
  };
}

/**
 * The folders of all runs in a folder and those below it, in order of their paths.
 * @throws FileError when there is no such folder.
 */
export function findRunFolders(root: string): string[] {
  if (!fs.existsSync(root)) throw new FileError(root, 'there is no such folder');
  // A run folder holds its checkpoint's own config.json: what is inside a run is not looked at.
  if (fs.existsSync(join(root, 'metrics.jsonl'))) return [root];
  const names = onDisk(root, () => fs.readdirSync(root, { withFileTypes: true }));
  const folders = names.filter((entry) => entry.isDirectory()).map((entry) => join(root, entry.name));
  return folders.sort().flatMap(findRunFolders);
}

/**
 * All runs in a folder and the folders below it, in order of their paths.
 * @throws FileError when there is no such folder.
 */
export function findRuns(root: string, choice: Choice = {}): StoredRun[] {
  return findRunFolders(root).flatMap((folder) => readOrSkip(folder, readRun, choice) ?? []);
}

/** What analyses left in a folder and the folders below it, in order of their paths. */
export function findFindings(root: string, choice: Choice = {}): Findings[] {
  const names = onDisk(root, () => fs.readdirSync(root, { withFileTypes: true }));
  const own = readOrSkip(root, (folder) => readJson(join(folder, FINDINGS_FILE)) as Findings | undefined, choice);
  const below = names.filter((entry) => entry.isDirectory()).map((entry) => join(root, entry.name));
  return [...(own ? [own] : []), ...below.sort().flatMap((folder) => findFindings(folder, choice))];
}
