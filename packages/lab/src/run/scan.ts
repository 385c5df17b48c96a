/** Finds runs on the disk and reads what they left. */

import fs from 'node:fs';
import { basename, join, relative } from 'node:path';
import { CoxswainError } from '@coxswain/base';
import { z } from 'zod';
import { FINDINGS_FILE } from '../analyses/findings.js';
import { FileError, RunFolderError } from '../errors.js';
import { house } from '../house.js';
import type { Findings } from '../report/data.js';
import type { ResultRow } from '../results/rows.js';
import type { RunList } from '../system.js';
import { fitted } from './fitted.js';
import { RESULT_FILE, type RunConfig, readOwnConfig } from './folder.js';
import { type MetricLine, readLines, readMetrics } from './metrics.js';
import { readArtifact } from './seal.js';
import { FINDINGS, RESULT } from './shapes.js';
import { onDisk } from './storage.js';

/** A run as a report reads it. Absent files (an unfinished run) give empty lists. */
export type StoredRun = {
  readonly folder: string;
  /** What it is called among the runs that it was found with: its folder below the one that was searched. */
  readonly name: string;
  readonly config: RunConfig;
  readonly metrics: readonly MetricLine[];
  /** `result.json`: `{ rows }`. */
  readonly rows: readonly ResultRow[];
  /** The numbers of `result.json` beside its rows. */
  readonly measured: Readonly<Record<string, number>>;
  /** What systems say that their runs leave, by the name of the file; see `listOf`. */
  readonly lists: Readonly<Record<string, readonly unknown[]>>;
  /** Of each process that worked on it, when it began and on what. */
  readonly processes: readonly { readonly started?: string; readonly adapter?: string }[];
  /** Seconds that all of them had worked when a step was saved; no step twice. */
  readonly times: readonly { readonly step: number; readonly seconds: number }[];
};

/** The last value a run logged under a name; `null` when it never did. */
export function lastValue(run: StoredRun, name: string): number | null {
  const line = run.metrics.findLast((candidate) => candidate[name] !== undefined);
  return line ? line[name] : null;
}

/** A list that a run left, empty where it left none. */
export const listOf = <T>(run: Pick<StoredRun, 'lists'>, { file }: RunList<T>): readonly T[] => (run.lists[file] ?? []) as readonly T[];

/** Which runs are read. */
export type Choice = {
  /**
   * Is told of a folder whose files cannot be read as a run's, which is then left out; without it the first such file
   * throws.
   */
  readonly skipped?: (folder: string, error: CoxswainError) => unknown;
  /** Folders to leave out, with all below them. */
  readonly without?: (folder: string) => boolean;
};

/** What a value of a file has to be. @throws RunFolderError that names the place where it is something else. */
function shaped<T>(folder: string, name: string, read: unknown, shape: z.ZodType<T>): T {
  const refuse = (fault: string): never => {
    throw new RunFolderError(join(folder, name), fault, 'what a run left', 'Restore the file, or leave this run out.');
  };
  return fitted(shape, read, refuse, name);
}

/** The list in a file of a run, empty where there is no such file. */
const readList = <T>(folder: string, name: string, shape: z.ZodType<readonly T[]>): readonly T[] =>
  shaped(folder, name, readArtifact(folder, name) ?? [], shape);

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

/**
 * What `result.json` holds: success rates, and the numbers beside them. Nothing of either where there is no such file.
 */
export function readResult(folder: string): Pick<StoredRun, 'rows' | 'measured'> {
  const result = shaped(folder, RESULT_FILE, readArtifact(folder, RESULT_FILE) ?? {}, RESULT);
  const numbers = Object.entries(result).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  return { rows: result.rows ?? [], measured: Object.fromEntries(numbers) };
}

/** Files that only the runs of some systems leave. */
const leftBySystems = (): readonly RunList<unknown>[] => house().systems.flatMap(({ leaves = [] }) => leaves);

const PROCESSES: z.ZodType<StoredRun['processes']> = z.array(
  z.looseObject({ started: z.string().optional(), adapter: z.string().optional() }),
);
const TIMES: z.ZodType<StoredRun['times']> = z.array(z.looseObject({ step: z.number(), seconds: z.number() }));

/** Each process counts its own seconds: they begin anew where one took over from another. */
function timesOf(lines: StoredRun['times']): StoredRun['times'] {
  const times: { step: number; seconds: number }[] = [];
  let [before, last] = [0, 0];
  for (const { step, seconds } of lines) {
    if (seconds < last) before += last;
    last = seconds;
    while (times.length > 0 && times[times.length - 1].step >= step) times.pop();
    times.push({ step, seconds: before + seconds });
  }
  return times;
}

function readRun(folder: string): StoredRun {
  const config = readOwnConfig(folder);
  const lines = <T>(name: string, shape: z.ZodType<T>): T => shaped(folder, name, readLines(join(folder, name)), shape);
  return {
    folder,
    name: basename(folder),
    config,
    processes: lines('environment.jsonl', PROCESSES),
    times: timesOf(lines('timing.jsonl', TIMES)),
    metrics: readMetrics(join(folder, 'metrics.jsonl')),
    ...readResult(folder),
    lists: Object.fromEntries(leftBySystems().map(({ file, shape }) => [file, readList(folder, file, shape)])),
  };
}

/** What only a run leaves beside its `config.json`. */
const TRACES = ['environment.jsonl', 'timing.jsonl', 'checkpoint', RESULT_FILE];

/** Metrics are enough: what else a run should have, and has not, is told when it is read. */
function isRun(folder: string): boolean {
  const has = (name: string): boolean => fs.existsSync(join(folder, name));
  return has('metrics.jsonl') || (has('config.json') && TRACES.some(has));
}

/** Checkpoints have a `config.json` of their own and are no runs. */
const isCheckpoint = (name: string): boolean => /^checkpoint(s|\.old|\.new)?$/.test(name);

/**
 * Folders in a folder, links to some among them, in order of their names.
 * @param seen where they really are; each is given once.
 */
function foldersIn(root: string, seen: Set<string>): string[] {
  const names = onDisk(root, () => fs.readdirSync(root, { withFileTypes: true }));
  const folders = names.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map((entry) => entry.name);
  return folders
    .sort()
    .map((name) => join(root, name))
    .filter((folder) => fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() && isNew(folder, seen));
}

function isNew(folder: string, seen: Set<string>): boolean {
  const place = onDisk(folder, () => fs.realpathSync(folder));
  return !seen.has(place) && seen.add(place) !== undefined;
}

function runFoldersBelow(root: string, seen: Set<string>): string[] {
  const run = isRun(root);
  const below = foldersIn(root, seen).filter((folder) => !run || !isCheckpoint(basename(folder)));
  return [...(run ? [root] : []), ...below.flatMap((folder) => runFoldersBelow(folder, seen))];
}

/**
 * The folders of all runs in a folder and those below it, in order of their paths, each once whatever leads to it.
 * @param seen where folders really are that were given before, for several calls.
 * @throws FileError when there is no such folder.
 */
export function findRunFolders(root: string, seen = new Set<string>()): string[] {
  if (!fs.existsSync(root)) throw new FileError(root, 'there is no such folder');
  return isNew(root, seen) ? runFoldersBelow(root, seen) : [];
}

/** How far a run has come: one that has finished further than any other. */
const reach = ({ rows, measured, metrics }: StoredRun): number =>
  (rows.length + Object.keys(measured).length > 0 ? Number.MAX_SAFE_INTEGER / 2 : 0) + metrics.length;

/** Each run once: copies of one run are no runs more, and to be counted as such they would narrow every spread. */
function once(runs: readonly StoredRun[], choice: Choice): StoredRun[] {
  const kept = new Map<string, StoredRun>();
  for (const run of runs) {
    const other = kept.get(run.config.hash);
    if (!other || reach(run) > reach(other)) kept.set(run.config.hash, run);
  }
  return runs.filter((run) => {
    const other = kept.get(run.config.hash);
    if (other === run) return true;
    readOrSkip(
      run.folder,
      () => {
        throw new RunFolderError(run.folder, `the very run that is in ${other?.folder}`, 'every run once', 'Remove one of them.');
      },
      choice,
    );
    return false;
  });
}

/**
 * All runs in folders and the folders below them, in order of their paths, each once.
 * @throws FileError when there is no such folder.
 */
export function findRuns(roots: string | readonly string[], choice: Choice = {}): StoredRun[] {
  const seen = new Set<string>();
  const places = [roots].flat().flatMap((root) => findRunFolders(root, seen).map((folder) => [folder, relative(root, folder)] as const));
  const found = places.flatMap(([folder, name]): StoredRun[] => {
    const run = readOrSkip(folder, readRun, choice);
    return run ? [{ ...run, name: name || run.name }] : [];
  });
  const runs = once(found, choice);
  const times = (name: string): number => runs.filter((run) => run.name === name).length;
  return runs.map((run) => (times(run.name) > 1 ? { ...run, name: run.folder } : run));
}

function findingsBelow(root: string, choice: Choice, seen: Set<string>): Findings[] {
  const own = readOrSkip(
    root,
    (folder) => {
      const read = readArtifact(folder, FINDINGS_FILE);
      return read === undefined ? undefined : shaped(folder, FINDINGS_FILE, read, FINDINGS);
    },
    choice,
  );
  return [...(own ? [own] : []), ...foldersIn(root, seen).flatMap((folder) => findingsBelow(folder, choice, seen))];
}

/** What analyses left in folders and the folders below them, in order of their paths. */
export function findFindings(roots: string | readonly string[], choice: Choice = {}): Findings[] {
  const seen = new Set<string>();
  return [roots].flat().flatMap((root) => (isNew(root, seen) ? findingsBelow(root, choice, seen) : []));
}
