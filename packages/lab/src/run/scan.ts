/** Finds runs on the disk and reads what they left. */
import fs from 'node:fs';
import { join } from 'node:path';
import { FINDINGS_FILE } from '../analyses/findings.js';
import { FileError } from '../errors.js';
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

function readRun(folder: string): StoredRun | undefined {
  const config = readRunConfig(folder);
  if (!config) return undefined;
  const result = (readJson(join(folder, RESULT_FILE)) ?? {}) as { readonly rows?: readonly ResultRow[] } & Record<string, unknown>;
  const numbers = Object.entries(result).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  return {
    folder,
    config,
    metrics: readMetrics(join(folder, 'metrics.jsonl')),
    rows: result.rows ?? [],
    measured: Object.fromEntries(numbers),
    switches: (readJson(join(folder, 'switches.json')) as readonly SwitchTrace[] | undefined) ?? [],
    episodes: (readJson(join(folder, 'episodes.json')) as readonly DrawnEpisode[] | undefined) ?? [],
    skills: (readJson(join(folder, SKILLS_FILE)) as readonly Skill[] | undefined) ?? [],
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
export function findRuns(root: string): StoredRun[] {
  return findRunFolders(root).flatMap((folder) => readRun(folder) ?? []);
}

/** What analyses left in a folder and the folders below it, in order of their paths. */
export function findFindings(root: string): Findings[] {
  const names = onDisk(root, () => fs.readdirSync(root, { withFileTypes: true }));
  const own = readJson(join(root, FINDINGS_FILE)) as Findings | undefined;
  const below = names.filter((entry) => entry.isDirectory()).map((entry) => join(root, entry.name));
  return [...(own ? [own] : []), ...below.sort().flatMap(findFindings)];
}
